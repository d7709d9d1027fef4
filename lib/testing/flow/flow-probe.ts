import type { HandlerIdentity, MessageContext, MessageKind } from '../../index.js';
import {
  whenDone,
  type Probe,
  type ProbePoint,
  type Published,
  type RowsRead,
  type SagaCommand,
  type SagaMoment,
  type StepOutcome,
  type Watched,
  type Watching,
} from '../../extension.js';
import type { Stubs } from '../stub/stubs.js';
import { causedBy, causeHere, within, type Cause, type Known } from './cause.js';
import { Work } from './flow-log.js';
import type { KnownFlows } from './known-flows.js';
import { RecordedMessage, RecordedRun, type Failure, type SentMessage } from './recorded.js';

type More = Pick<Cause, 'run' | 'saga'>;

/** Tells flows of what an application does, and runs each part of it within its cause. */
export class FlowProbe implements Probe {
  constructor(
    private readonly flows: KnownFlows,
    private readonly stubs: Stubs,
  ) {}

  wrap(point: ProbePoint, run: Watched): Watched {
    if (point.at === 'middleware') return run;
    if (point.at === 'handler') return (message, context) => this.handle(point, message, context, run);
    if (point.kind === 'event') return (event, context) => this.deliver(point, event, context, run);
    return (message, context) => this.dispatch(point, message, context, run);
  }

  publish({ event, context, publisher, onError }: Published): Watching | undefined {
    if (typeof event !== 'object' || event === null) return undefined;
    const tellsFailures = onError === 'throw' || onError === 'collect';
    const known = this.record({ kind: 'event', message: event, context, publisher, tellsFailures });
    if (known === undefined) return { run: part => within(outside('event', event), part) };
    const { recorded } = known;
    recorded.isDispatched = true;
    return watching(known, new Work('publish', recorded), {}, failure => {
      recorded.end();
      recorded.failure = failure;
    });
  }

  sagaWorks({ saga, event, context }: SagaMoment): Watching | undefined {
    const known = this.flows.of(context);
    if (known === undefined) return { run: part => within(outside('event', event), part) };
    const { flow, recorded } = known;
    recorded.takenBy.add(saga.name);
    return watching(known, new Work('saga', recorded, saga), { saga: saga.name }, failure => {
      if (failure !== undefined) flow.fail({ ...failure, message: event, handler: saga, recorded });
    });
  }

  sagaEmits({ saga, command, context }: SagaCommand): Watching | undefined {
    if (typeof command !== 'object' || command === null) return undefined;
    const known = this.record({ kind: 'command', message: command, saga: saga.name }, this.emitting(saga, context));
    if (known === undefined) return undefined;
    const { flow, recorded } = known;
    return watching(known, new Work('emission', recorded, saga), {}, failure => {
      recorded.end();
      if (failure === undefined) return;
      recorded.failure ??= failure;
      flow.fail({ ...failure, message: command, handler: saga, recorded });
    });
  }

  rows({ query, context }: RowsRead): Watching | undefined {
    const known = this.record({ kind: 'query', message: query, context });
    if (known === undefined) return undefined;
    const { recorded } = known;
    recorded.isRead = true;
    return watching(known, new Work('rows', recorded), {}, failure => {
      recorded.end();
      recorded.failure ??= failure;
    });
  }

  /** A stream keeps its cause where it continues in promises; a generator does not, but its event is known. */
  private emitting(saga: HandlerIdentity, context: MessageContext | undefined): Cause | undefined {
    const here = causeHere();
    if (here?.saga === saga.name) return here;
    const event = this.flows.of(context);
    return event === undefined ? here : causedBy(event, { saga: saga.name });
  }

  private record(sent: SentMessage, cause = causeHere() ?? this.flows.causeOf(sent.context)): Known | undefined {
    const { kind, message, context } = sent;
    const { flow } = cause ?? {};
    if (flow?.ignores(message) === true) return undefined;
    this.flows.passed(kind, message, cause);
    if (flow === undefined) return undefined;
    const known = { flow, recorded: new RecordedMessage({ ...sent, cause: cause!.recorded, by: cause!.run }) };
    flow.add(known.recorded);
    if (context !== undefined) this.flows.keep(context, known);
    return known;
  }

  private dispatch({ kind }: ProbePoint, message: object, context: MessageContext, run: Watched): unknown {
    const known = this.dispatched(kind, message, context);
    if (known === undefined) return within(outside(kind, message), () => run(message, context));
    const { recorded } = known;
    recorded.isDispatched = true;
    const ended = (outcome: StepOutcome) => {
      if ('error' in outcome) recorded.failure = outcome;
      if (!recorded.isRead && recorded.saga === undefined) recorded.end();
    };
    return during(known, new Work('dispatch', recorded), {}, () => run(message, context), ended);
  }

  /** A command that a saga has emitted, and a query whose rows are read, are known by now. */
  private dispatched(kind: MessageKind, message: object, context: MessageContext): Known | undefined {
    const { flow, recorded } = causeHere() ?? {};
    if (flow !== undefined && recorded?.message === message && recorded.saga !== undefined && !recorded.isDispatched) {
      recorded.context = context;
      flow.identify(recorded);
      this.flows.keep(context, { flow, recorded });
      return { flow, recorded };
    }
    const known = this.flows.of(context);
    return known?.recorded.isDispatched === false ? known : this.record({ kind, message, context });
  }

  private deliver({ at, handler }: ProbePoint, event: object, context: MessageContext, run: Watched): unknown {
    const known = this.flows.of(context);
    if (known === undefined) return within(outside('event', event), () => run(event, context));
    const { flow, recorded } = known;
    const work = new Work(at === 'prepare' ? 'prepare' : 'dispatch', recorded, handler);
    const ended = (outcome: StepOutcome) => {
      if ('error' in outcome) flow.fail({ error: outcome.error, message: event, handler, recorded });
    };
    return during(known, work, {}, () => run(event, context), ended);
  }

  private handle(point: ProbePoint, message: object, context: MessageContext, run: Watched): unknown {
    const stub = this.stubs.find(point);
    const answer = () =>
      stub === undefined ? run(message, context) : stub.answer(message, () => run(message, context));
    const known = this.flows.of(context);
    if (known === undefined) return answer();
    const { recorded } = known;
    const one = new RecordedRun(point.handler, context.attempt, stub?.hasAnswer === true);
    recorded.handlers.push(one);
    const ended = (outcome: StepOutcome) => {
      one.end();
      if ('error' in outcome) one.failure = outcome;
    };
    return during(known, new Work('handler', recorded, point.handler, one), { run: one }, answer, ended);
  }
}

/** Messages that no flow has begun tell what has begun them. */
function outside(kind: MessageKind, message: object): Cause {
  const here = causeHere();
  if (here !== undefined && here.flow === undefined) return here;
  return { flow: undefined, root: here === undefined ? `${kind} ${message.constructor.name}` : undefined };
}

function during(known: Known, work: Work, more: More, run: () => unknown, ended: (outcome: StepOutcome) => void) {
  const { flow } = known;
  flow.begin(work);
  return within(causedBy(known, more), () =>
    whenDone(run, outcome => {
      ended(outcome);
      flow.end(work);
    }),
  );
}

/** @param ended told of a failure; what was thrown may be `undefined`, so it counts whether something is given */
function watching(known: Known, work: Work, more: More, ended: (failure: Failure | undefined) => void): Watching {
  const { flow } = known;
  flow.begin(work);
  return {
    run: part => within(causedBy(known, more), part),
    end: (...given: [error?: unknown]) => {
      ended(given.length === 0 ? undefined : { error: given[0] });
      flow.end(work);
    },
  };
}
