import { Inject, Injectable } from '@nestjs/common';
import type { WiringEntry } from '../introspection/wiring.js';
import type { SagaOptions } from './cqrs.options.js';
import { ProviderExplorer } from './provider-explorer.js';
import type { KindOfProblem } from './wiring-exception.js';

/** The sagas of an application. */
@Injectable()
export class ApplicationSagas {
  constructor(@Inject(ProviderExplorer) private readonly explorer: ProviderExplorer) {}

  prepare(_options: SagaOptions, _problems: KindOfProblem[]): () => void {
    void this.explorer;
    return () => undefined;
  }

  entries(): WiringEntry[] {
    return [];
  }

  stop(): void {}
}
