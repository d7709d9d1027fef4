import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isObservable } from 'rxjs';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { CommandBus } from '../buses/command-bus.js';
import { captureContext } from '../context/context-storage.js';
import { EventBus } from '../events/event-bus.js';
import { CqrsWiringException } from '../errors/wiring.exception.js';
import { handlerIdentityOf } from '../handlers/provider-handlers.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';
import { sagaOf } from '../sagas/saga-definition.js';
import { SagaRunner } from '../sagas/saga-runner.js';
import { ApplicationBuses } from './application-buses.js';
import { BusSagas } from './bus-sagas.js';
import type { CompleteModuleOptions } from './module-options.js';
import { providedTwice } from './provided-twice.js';
import { ProviderExplorer, type FoundSaga } from './provider-explorer.js';
import type { KindOfProblem } from './wiring-exception.js';
import type { ProviderWrapper } from '../scopes/provider-wrapper.js';

const logger = new CqrsLogger('CqrsModule');

@Injectable()
export class ApplicationSagas {
  private readonly runners = new Map<object, SagaRunner>();
  private readonly running: FoundSaga[] = [];
  /** Of startup, even if a request loads the module lazily. */
  private readonly home = captureContext();

  constructor(
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
  ) {}

  /** @returns starts new ones */
  prepare(candidates: readonly FoundSaga[], options: CompleteModuleOptions, problems: KindOfProblem[]): () => void {
    const found = this.chooseAdded(candidates);
    const events = this.moduleRef.get<EventBus>(EventBus);
    const isTaken = ({ declaration }: FoundSaga) =>
      events instanceof EventBus && events.takesSagas && declaration.events === undefined;
    const own = found.filter(saga => !isTaken(saga));
    const runner = own.length > 0 ? this.runnerOf(events, options) : undefined;
    const starts = runner ? own.map(saga => prepareOne(runner, saga, problems)) : [];
    return () => {
      for (const bus of this.buses.eventBuses) bus.runSagasBy(new BusSagas(bus, () => this.runnerOf(bus, options)));
      for (const start of starts) start();
      const taken = found.filter(isTaken).map(({ wrapper }) => wrapper);
      if (taken.length > 0) this.giveTo(events, [...new Set(taken)]);
      this.running.push(...found);
    };
  }

  /** In a preview: checks what can be checked without an instance, and calls nothing. */
  preview(candidates: readonly FoundSaga[], problems: KindOfProblem[]): void {
    const found = this.chooseAdded(candidates);
    for (const saga of found) problems.push(...previewProblems(saga));
    this.running.push(...found);
  }

  /** In the order of their start. */
  get all(): readonly FoundSaga[] {
    return this.running;
  }

  events(): MessageType[] {
    return this.running.flatMap(({ declaration }) => (declaration.events ?? []) as readonly MessageType[]);
  }

  finish(): void {
    for (const runner of this.runners.values()) runner.finish();
  }

  stop(): void {
    for (const runner of this.runners.values()) runner.stop();
  }

  /** A class of two modules runs once, else it would send twice. */
  private chooseAdded(candidates: readonly FoundSaga[]): FoundSaga[] {
    const added: FoundSaga[] = [];
    for (const candidate of candidates) {
      const first = [...this.running, ...added].find(saga => isSameSaga(saga, candidate));
      if (!first) added.push(candidate);
      else if (first.wrapper.instance !== candidate.wrapper.instance) logger.warn(this.runsOnce(first, candidate));
    }
    return added;
  }

  private runsOnce(first: FoundSaga, other: FoundSaga): string {
    const { name } = handlerIdentityOf(first.wrapper, first.type, { on: 'method', method: first.declaration.method });
    const { how, remedy } = providedTwice(first, other, this.explorer);
    return `${name} ${how}; it runs once per event, in the first one. ${remedy}`;
  }

  /** Startup awaits no asynchronous override of `registerSagas`. */
  private giveTo(events: EventBus, wrappers: ProviderWrapper[]): void {
    const registering: unknown = events.registerSagas(wrappers);
    if (!isPromiseLike(registering)) return;
    const name = `${nameOf(events.constructor)}.registerSagas`;
    void genuine(registering).catch((error: unknown) => this.buses.reporter.report(error, name, { name }));
  }

  /** Undefined if a test's event bus is not observable. */
  private runnerOf(events: EventBus, options: CompleteModuleOptions): SagaRunner | undefined {
    if (!isObservable(events)) return undefined;
    const present = this.runners.get(events);
    if (present !== undefined) return present;
    const { sagas, strict, propagateContext } = options;
    const ports = {
      events,
      commands: this.moduleRef.get<CommandBus>(CommandBus),
      reporter: this.buses.reporter,
      runningWork: this.buses.runningWork,
      concurrency: sagas.concurrency,
      propagate: strict || propagateContext,
      storage: sagas.asyncLocalStorage,
      probes: this.buses.probes,
    };
    const runner = this.home(() => new SagaRunner(ports));
    this.runners.set(events, runner);
    return runner;
  }
}

const isSameSaga = (one: FoundSaga, other: FoundSaga): boolean =>
  one.type === other.type && one.declaration.method === other.declaration.method;

/** A saga that is a field is not there without an instance, so a function stands for it. */
function previewProblems({ wrapper, type, declaration }: FoundSaga): readonly KindOfProblem[] {
  const instance = { value: { [declaration.method]: () => undefined } };
  const standIn = Object.create(wrapper, { instance }) as ProviderWrapper;
  return problemsOf(() => sagaOf(standIn, type, declaration));
}

function problemsOf(check: () => void): readonly KindOfProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof CqrsWiringException)) throw error;
    return error.problems;
  }
}

/** @returns starts it */
function prepareOne(
  runner: SagaRunner,
  { wrapper, type, declaration }: FoundSaga,
  problems: KindOfProblem[],
): () => void {
  const starts: (() => void)[] = [];
  problems.push(...problemsOf(() => void starts.push(runner.prepare(sagaOf(wrapper, type, declaration)))));
  return () => starts.forEach(start => start());
}
