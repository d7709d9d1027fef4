import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isObservable } from 'rxjs';
import { CommandBus } from '../buses/command-bus.js';
import { EventBus } from '../buses/event-bus.js';
import { CqrsWiringException } from '../errors/wiring.exception.js';
import { identityOf } from '../handlers/provider-handlers.js';
import type { WiringEntry } from '../introspection/wiring.js';
import { nameOf } from '../messages/inspect-message.js';
import { sagaOf } from '../sagas/saga-definition.js';
import { SagaRunner } from '../sagas/saga-runner.js';
import { ApplicationBuses } from './application-buses.js';
import type { CqrsModuleOptions } from './cqrs.options.js';
import { ProviderExplorer, type FoundSaga } from './provider-explorer.js';
import type { KindOfProblem } from './wiring-exception.js';

/** The sagas of an application, which listen to its event bus and send through its command bus. */
@Injectable()
export class ApplicationSagas {
  private runner: SagaRunner | undefined;
  private readonly running: FoundSaga[] = [];

  constructor(
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Checks the sagas that do not run yet.
   * @param problems receives what is wrong with them
   * @returns lets them listen
   */
  prepare(options: CqrsModuleOptions, problems: KindOfProblem[]): () => void {
    const known = new Set(this.running.map(({ wrapper }) => wrapper));
    const found = this.explorer.sagas().filter(({ wrapper }) => !known.has(wrapper));
    const runner = found.length > 0 ? (this.runner ??= this.newRunner(options)) : undefined;
    const starts = runner ? found.map(saga => prepareOne(runner, saga, problems)) : [];
    return () => {
      for (const start of starts) start();
      this.running.push(...found);
    };
  }

  /** The sagas as the wiring shows them. */
  entries(): WiringEntry[] {
    return this.running.map(({ wrapper, type, declaration: { method, events } }) => {
      const { name, module } = identityOf(wrapper, type, { on: 'method', method });
      return { kind: 'saga', message: events?.map(nameOf).join(', ') ?? '*', middleware: [], handler: name, module };
    });
  }

  /** Tells the sagas that nothing more comes, so that they hand out what they hold. */
  finish(): void {
    this.runner?.finish();
  }

  /** Ends all sagas. */
  stop(): void {
    this.runner?.stop();
  }

  /** Undefined where a test put something in place of the event bus that cannot be listened to. */
  private newRunner({ sagas, strict, propagateContext }: CqrsModuleOptions): SagaRunner | undefined {
    const events = this.moduleRef.get<EventBus>(EventBus);
    if (!isObservable(events)) return undefined;
    return new SagaRunner({
      events,
      commands: this.moduleRef.get<CommandBus>(CommandBus),
      reporter: this.buses.reporter,
      inFlight: this.buses.inFlight,
      concurrency: sagas?.concurrency,
      propagate: Boolean(strict || propagateContext),
    });
  }
}

function prepareOne(
  runner: SagaRunner,
  { wrapper, type, declaration }: FoundSaga,
  problems: KindOfProblem[],
): () => void {
  try {
    return runner.prepare(sagaOf(wrapper, type, declaration));
  } catch (error) {
    if (!(error instanceof CqrsWiringException)) throw error;
    problems.push(...error.problems);
    return () => undefined;
  }
}
