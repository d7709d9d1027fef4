import type { HandlerIdentity } from '../context/handler-identity.js';
import { MessageContext } from '../context/message-context.js';
import { SagaBacklogException } from '../errors/saga-backlog.exception.js';
import { InvalidSagaException } from '../errors/wiring.exception.js';
import { Fifo } from '../events/fifo.js';
import { callSafely } from '../dispatch/failures.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { ShownEvent } from '../events/event-subject.js';
import { messageName } from '../messages/inspect-message.js';
import { CommandQueue, type SagaPorts } from './command-queue.js';
import { invalidSaga, type SagaDefinition } from './saga-definition.js';
import { deferred, SagaFeed, type DeferredEvent } from './saga-feed.js';
import { SagaRun } from './saga-run.js';
import { workingOn } from './saga-work.js';

/** Events for a saga that cannot restart; older ones are reported as lost. */
const BACKLOG = 10_000;

/**
 * A failed stream is reported and the saga called again: at once or, if it failed before it got an event, with the next
 * event. What the stream held is lost, not what it had not been given. Completing by itself ends the saga.
 *
 * At shutdown the stream of events completes, so that what the saga holds comes out. A later event, caused by another
 * saga, gets a run of its own.
 */
export class StreamSaga {
  private readonly commands: CommandQueue;
  /** Given to the saga, not yet taken by its iteration. */
  private readonly untaken = new Fifo<DeferredEvent>();
  /** Not yet given. */
  private readonly backlog = new Fifo<DeferredEvent>();
  private readonly finishing: RunCounter;
  private run: SagaRun | undefined;
  private isGiving = false;
  private isFinishing = false;
  /** The run was told to end and has not completed. */
  private isEnding = false;
  private hasEnded = false;

  constructor(
    private readonly saga: SagaDefinition,
    private readonly ports: SagaPorts,
  ) {
    this.commands = new CommandQueue(this.identity, ports);
    this.finishing = new RunCounter(undefined, this.identity);
  }

  /** @throws InvalidSagaException */
  prepare(): void {
    const run = this.newRun();
    try {
      this.ports.home(() => run.call());
    } catch (error) {
      if (error instanceof InvalidSagaException) throw error;
      throw invalidSaga(this.identity, 'has thrown when it was called', 'Correct what the cause says.', error);
    }
    this.run = run;
  }

  begin(): void {
    this.ports.home(() => this.run?.listen());
  }

  /** Never throws. */
  receive(shown: ShownEvent): void {
    if (this.hasEnded) return;
    const work = workingOn(shown, this.identity, this.ports.probes);
    if (this.isReady) return this.give(shown, work);
    this.backlog.push(deferred(shown, work));
    this.proceed();
    if (!this.run && this.backlog.size > BACKLOG) this.lose(this.backlog.shift());
  }

  /** Counts as running until what the saga holds has come out. */
  finish(): void {
    if (this.hasEnded || this.isFinishing) return;
    this.isFinishing = true;
    this.proceed();
  }

  stop(): void {
    this.commands.close();
    if (this.hasEnded) return;
    this.loseBacklog();
    this.end();
  }

  private get isReady(): boolean {
    return this.run !== undefined && this.backlog.size === 0 && !this.isGiving && !this.isEnding && !this.isFinishing;
  }

  private get identity(): HandlerIdentity {
    return this.saga.invoker.identity;
  }

  private newRun(): SagaRun {
    const { identity, untaken } = this;
    const exhausted = () => this.completed(run);
    const feed = new SagaFeed({ identity, untaken, exhausted, propagate: this.ports.propagate });
    const run: SagaRun = new SagaRun(this.saga, feed, {
      emit: (run, command) => this.emit(run, command),
      fail: (run, error) => this.fail(run, error),
      complete: run => this.completed(run),
    });
    return run;
  }

  /** What the saga starts belongs to no event. */
  private open(): void {
    const run = (this.run = this.newRun());
    this.ports.home(() => {
      try {
        run.call();
      } catch (error) {
        this.fail(run, error);
        return;
      }
      run.listen();
    });
  }

  private proceed(): void {
    if (this.isFinishing && this.finishing.running === 0) this.ports.runningWork.begin(this.finishing);
    if (this.isGiving || this.isEnding) return;
    if (!this.run && this.backlog.size > 0) this.open();
    this.giveBacklog();
    if (this.isFinishing) this.conclude();
  }

  /** Events that come meanwhile wait. */
  private give(shown: ShownEvent, work: ProbeWatch | undefined): void {
    this.isGiving = true;
    try {
      this.giveTo(this.run!.feed, shown, work);
    } finally {
      this.isGiving = false;
    }
    if (this.backlog.size > 0) this.proceed();
  }

  private giveBacklog(): void {
    this.isGiving = true;
    try {
      while (this.run && this.backlog.size > 0) {
        const { shown, inContext, work } = this.backlog.shift()!;
        const { feed } = this.run;
        inContext(() => this.giveTo(feed, shown, work));
      }
    } finally {
      this.isGiving = false;
    }
  }

  /** A revoked proxy has no context: this saga's concern alone. */
  private giveTo(feed: SagaFeed, shown: ShownEvent, work: ProbeWatch | undefined): void {
    try {
      feed.give(shown, work);
    } catch (error) {
      work?.end({ error });
      this.ports.reporter.report(error, shown.event, this.identity);
    }
  }

  /**
   * The cause is the event shown or taken last; for later emissions of operators, the event of their context, where
   * contexts propagate.
   */
  private emit(run: SagaRun, command: unknown): void {
    if (run !== this.run || !command) return;
    const { feed } = run;
    const later = feed.inContext === undefined && !feed.isShown ? MessageContext.find() : undefined;
    const send = () => this.commands.send(command, later ?? feed.cause?.contextFor(this.identity));
    if (feed.inContext === undefined) send();
    else feed.inContext(send);
  }

  private fail(run: SagaRun, error: unknown): void {
    if (run !== this.run) return;
    const { cause, hasDelivered } = run.feed;
    run.feed.done({ error });
    this.leave(run);
    this.ports.reporter.report(error, this.saga.name, this.identity, () => cause?.contextFor(this.identity));
    if (hasDelivered) this.open();
    else if (this.isFinishing) this.loseBacklog();
    if (this.isFinishing) this.proceed();
  }

  private completed(run: SagaRun): void {
    if (run !== this.run) return;
    if (!this.isEnding) return this.end();
    this.leave(run);
    this.proceed();
  }

  private conclude(): void {
    if (!this.run) return this.rest();
    this.isEnding = true;
    const { feed } = this.run;
    callSafely(() => feed.end(), 'end of a saga');
  }

  private leave(run: SagaRun): void {
    this.isEnding = false;
    this.run = undefined;
    run.close();
  }

  private end(): void {
    this.hasEnded = true;
    if (this.run) this.leave(this.run);
    for (let left = this.untaken.shift(); left; left = this.untaken.shift()) left.work?.end();
    this.rest();
  }

  private rest(): void {
    if (this.finishing.running > 0) this.ports.runningWork.end(this.finishing);
  }

  private loseBacklog(): void {
    for (let left = this.backlog.shift(); left; left = this.backlog.shift()) this.lose(left);
  }

  private lose(left: DeferredEvent | undefined): void {
    if (!left) return;
    const { shown, work } = left;
    const error = new SagaBacklogException(messageName(shown.event), this.identity.name);
    work?.end({ error });
    this.ports.reporter.report(error, shown.event, this.identity, () => shown.contextFor(this.identity));
  }
}
