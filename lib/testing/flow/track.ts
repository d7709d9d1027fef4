import type { INestApplicationContext } from '@nestjs/common';
import {
  CommandBus,
  EventBus,
  QueryBus,
  type Askable,
  type BareOptions,
  type CommandResult,
  type DispatchOptions,
  type MessageInstance,
  type PublishOptions,
  type QueryResult,
} from '../../index.js';
import type { MessageType } from '../../extension.js';
import { refuseUnasked } from '../scenario/unasked.js';
import { within } from './cause.js';
import { FlowLog, Work, type FlowSettings } from './flow-log.js';
import { TrackedFlow, type Flow, type FlowOutcome } from './flow.js';
import { Kit } from './kit.js';
import { Spot } from './spot.js';
import { watchHttp } from './watch-http.js';
import { watchTimers } from './watch-timers.js';
import { nameOf } from './words.js';

/** How a flow is watched. */
export interface TrackOptions {
  /** How long to wait until nothing is left to do, in milliseconds of real time. Default: 4,000. */
  readonly timeout?: number;
  /**
   * - `throw`: reject with what was sent has failed with, else with an error that tells of failures that were not handled
   * - `collect`: keep them in `flow.error` and `flow.failures`
   *
   * Default: `throw`. A flow that does not settle always rejects.
   */
  readonly failures?: 'throw' | 'collect';
  /** `wait`: a flow has not settled while a timer that it has begun is pending. Default: `report`. */
  readonly timers?: 'report' | 'wait';
  /** Asked when nothing is left to do, until it is true: for I/O that a handler begins, and does not wait for. */
  readonly until?: (flow: Flow) => boolean;
  /** Messages of these classes, and what they cause, are neither recorded nor waited for. */
  readonly ignore?: readonly MessageType[];
}

/** Sends a message as the buses do, and waits for all that it causes. */
export interface Tracking {
  /** As `CommandBus.execute`. */
  execute<T extends MessageInstance>(
    command: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<Flow<CommandResult<T>>>;
  /** As `CommandBus.dispatch`. */
  dispatch<T extends MessageInstance>(command: T, options?: BareOptions | DispatchOptions): Promise<Flow<void>>;
  /** As `QueryBus.ask`. */
  ask<T extends MessageInstance & Askable>(
    query: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<Flow<QueryResult<T>>>;
  /** As `EventBus.publish`. */
  publish<T extends MessageInstance>(event: T, options?: BareOptions | PublishOptions): Promise<Flow<void>>;
  /** Calls a function, and waits for all that it sends: a service, or an HTTP request to the application. */
  run<R>(part: () => R | PromiseLike<R>): Promise<Flow<R>>;
}

/** Milliseconds: a busy machine takes its time. Jest and Vitest give a test 5,000, and say less of what still runs. */
const TIMEOUT = 4_000;

/**
 * Sends a message, and waits until all that it causes has been done: handlers, events, sagas and their commands, each
 * known by its cause. Several flows may go on at a time.
 * @throws (rejects) what was sent has failed with; AssertionError if the flow does not settle in time, or if a failure
 *   was not handled, or if an earlier scenario was not asked for its outcome; CqrsException (CQRS_NOT_OBSERVABLE) for what is not an application with CqrsModule
 */
export function track(app: INestApplicationContext, options: TrackOptions = {}): Tracking {
  refuseUnasked();
  return new Tracker(app, options);
}

export class Tracker implements Tracking {
  constructor(
    private readonly app: INestApplicationContext,
    private readonly options: TrackOptions,
  ) {}

  execute<T extends MessageInstance>(
    command: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<Flow<CommandResult<T>>> {
    return this.begin(`command ${nameOf(command)}`, () => this.bus(CommandBus).execute(command, options));
  }

  dispatch<T extends MessageInstance>(command: T, options?: BareOptions | DispatchOptions): Promise<Flow<void>> {
    return this.begin(`command ${nameOf(command)}`, () => this.bus(CommandBus).dispatch(command, options));
  }

  ask<T extends MessageInstance & Askable>(
    query: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<Flow<QueryResult<T>>> {
    return this.begin(`query ${nameOf(query)}`, () => this.bus(QueryBus).ask(query, options));
  }

  publish<T extends MessageInstance>(event: T, options?: BareOptions | PublishOptions): Promise<Flow<void>> {
    return this.begin(`event ${nameOf(event)}`, () => this.bus(EventBus).publish(event, options));
  }

  run<R>(part: () => R | PromiseLike<R>): Promise<Flow<R>> {
    return this.begin('a function', part);
  }

  private bus<T>(type: abstract new (...args: never[]) => T): T {
    return this.app.get<T>(type as never, { strict: false });
  }

  /** @param spot of the code that asked for it */
  async begin<R>(root: string, start: () => R | PromiseLike<R>, spot = new Spot()): Promise<TrackedFlow<R>> {
    const trackedAt = spot.place;
    const kit = Kit.of(this.app);
    const log = new FlowLog(root, this.options.ignore ?? []);
    const { until } = this.options;
    const settings: FlowSettings = {
      timeout: this.options.timeout ?? TIMEOUT,
      failures: this.options.failures ?? 'throw',
      timers: this.options.timers ?? 'report',
      until: until && (() => until(flow)),
    };
    const flow: TrackedFlow<R> = new TrackedFlow<R>(log, kit.flows, settings, trackedAt);
    kit.flows.opened(log);
    const unwatch = [watchTimers(), watchHttp()];
    const work = log.begin(new Work('root'));
    void within({ flow: log, root }, () => outcomeOf(start)).then(outcome => {
      flow.outcome = outcome;
      return log.end(work);
    });
    return spot.tells(() => flow.settled()).finally(() => unwatch.forEach(end => end()));
  }
}

/** Never rejects. */
async function outcomeOf<R>(start: () => R | PromiseLike<R>): Promise<FlowOutcome<R>> {
  try {
    return { result: await start() };
  } catch (error) {
    return { error };
  }
}
