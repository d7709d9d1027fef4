import { Global, Module, type DynamicModule, type LoggerService, type Type } from '@nestjs/common';
import { DiscoveryModule, InitializeOnPreviewAllowlist, NestFactory } from '@nestjs/core';
import { Wiring } from '../introspection/wiring.js';
import { CqrsCoreModule } from './cqrs-core.module.js';
import { CqrsModule, CqrsOptionsModule } from './cqrs.module.js';
import { CQRS_PREVIEW, PreviewNotes } from './preview-mode.js';

/** How a preview logs. */
export interface PreviewOptions {
  /** As for `NestFactory.create()`. Default: Nest's own. */
  readonly logger?: LoggerService | false;
}

/** Only these are constructed: what this library needs to look at the wiring. */
const CONSTRUCTED = [DiscoveryModule, CqrsCoreModule, CqrsOptionsModule];

/**
 * Looks at the wiring of an application without starting it, by the preview mode of Nest: no provider of it is
 * constructed, no hook runs, nothing is connected. Factories of `forRootAsync` are called, with what they inject not
 * constructed; if one fails, the wiring is that without options.
 *
 * Mistakes are no error here: the document lists them in `problems`, and in `unseen` what only a started application
 * knows, such as the class of a provider that a factory makes.
 * @param root the root module; without `CqrsModule` the wiring is empty
 */
export async function previewWiring(root: Type | DynamicModule, { logger }: PreviewOptions = {}): Promise<Wiring> {
  @Global()
  @Module({
    imports: [root, CqrsModule],
    providers: [{ provide: CQRS_PREVIEW, useValue: new PreviewNotes() }],
    exports: [CQRS_PREVIEW],
  })
  class PreviewModule {}
  for (const module of [...CONSTRUCTED, PreviewModule]) InitializeOnPreviewAllowlist.add(module);
  const app = await NestFactory.createApplicationContext(PreviewModule, {
    preview: true,
    abortOnError: false,
    ...(logger !== undefined && { logger }),
  });
  return app.get(Wiring, { strict: false });
}
