import type { Observable, Subscription } from 'rxjs';
import { captureContext, runWithout } from '../context/context-storage.js';
import { MessageContext } from '../context/message-context.js';
import { callSafely, type FailureReporter } from '../dispatch/failures.js';
import { Probes } from '../dispatch/probes.js';
import { RunningWork } from '../dispatch/running-work.js';
import { EventSubject, type ShownEvent } from '../events/event-subject.js';
import { prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { SagaPorts, SagaStorage } from './command-queue.js';
import { PlainSaga } from './plain-saga.js';
import type { SagaDefinition } from './saga-definition.js';
import { StreamSaga } from './stream-saga.js';

export interface SagaRunnerOptions {
  readonly events: Observable<object>;
  readonly commands: SagaPorts['commands'];
  readonly reporter: FailureReporter;
  /** Default: its own. */
  readonly runningWork?: RunningWork | undefined;
  /** Per saga. Default: no limit. */
  readonly concurrency?: number | undefined;
  /** Runs sagas within the context of their event. Default: false. */
  readonly propagate?: boolean | undefined;
  /** Default: `publisher`. */
  readonly storage?: SagaStorage | undefined;
  /** Default: none. */
  readonly probes?: Probes | undefined;
}

/** Plain sagas are found by event class: others cost nothing. */
export class SagaRunner {
  /** Counts commands, waiting ones too, and asynchronous calls. */
  readonly runningWork: RunningWork;
  private readonly ports: SagaPorts;
  private readonly streams: StreamSaga[] = [];
  private readonly plain: PlainSaga[] = [];
  private interested = new WeakMap<object, readonly PlainSaga[]>();
  private subscription: Subscription | undefined;

  constructor(private readonly options: SagaRunnerOptions) {
    const { commands, reporter, runningWork = new RunningWork(), probes = new Probes() } = options;
    const { concurrency = Infinity, propagate = false, storage = 'publisher' } = options;
    const start = captureContext();
    this.runningWork = runningWork;
    this.ports = {
      commands,
      reporter,
      runningWork,
      concurrency,
      propagate,
      storage,
      probes,
      home: run => start(() => runWithout(run)),
    };
  }

  /**
   * Calls a saga that wants the stream.
   * @returns lets it listen
   * @throws InvalidSagaException
   */
  prepare(saga: SagaDefinition): () => void {
    if (saga.events) {
      const plain = new PlainSaga(saga, saga.events, this.ports);
      return () => this.listen(() => (this.plain.push(plain), (this.interested = new WeakMap())));
    }
    const stream = new StreamSaga(saga, this.ports);
    stream.prepare();
    return () => this.listen(() => (this.streams.push(stream), stream.begin()));
  }

  start(saga: SagaDefinition): void {
    this.prepare(saga)();
  }

  /**
   * What sagas hold, such as delayed commands, comes out and counts as running. A later event, caused by another saga,
   * gets a run of its own.
   */
  finish(): void {
    for (const saga of this.streams) callSafely(() => saga.finish(), 'end of a saga');
  }

  stop(): void {
    this.subscription?.unsubscribe();
    for (const saga of [...this.streams, ...this.plain]) callSafely(() => saga.stop(), 'end of a saga');
  }

  private listen(add: () => unknown): void {
    this.subscription ??= this.options.events.subscribe({
      next: event => this.receive(event),
      complete: () => this.finish(),
    });
    add();
  }

  private receive(event: object): void {
    const shown = this.shown(event);
    for (const saga of this.streams) saga.receive(shown);
    for (const saga of this.interestedIn(event)) saga.receive(shown);
  }

  private interestedIn(event: object): readonly PlainSaga[] {
    const prototype = Object.getPrototypeOf(event) as object;
    const known = this.interested.get(prototype);
    if (known !== undefined) return known;
    let isCertain = true;
    const interested = this.plain.filter(saga => {
      try {
        return saga.wants(event);
      } catch (error) {
        // A class that throws may answer next time.
        isCertain = false;
        this.ports.reporter.report(error, event, saga.definition.invoker.identity);
        return false;
      }
    });
    if (isCertain) this.interested.set(prototype, interested);
    return interested;
  }

  /** A bus of another kind knows no delivery. */
  private shown(event: object): ShownEvent {
    const { subject$ } = this.options.events as { subject$?: unknown };
    const shown = subject$ instanceof EventSubject ? subject$.shown : undefined;
    if (shown?.event === event) return shown;
    const type = typeOfPrototype(prototypeOf(event));
    return { event, contextFor: handler => new MessageContext('event', type, handler) };
  }
}
