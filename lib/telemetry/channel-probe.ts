import type { Probe, ProbePoint } from '../pipeline/probe.js';
import { StepMessage, WorkMessage } from './channel-message.js';
import { TRACING, type TracingName } from './channels.js';
import { traced, TracedWork } from './traced.js';

const STEPS: Readonly<Partial<Record<ProbePoint['at'], TracingName>>> = {
  dispatch: 'dispatch',
  middleware: 'middleware',
  handler: 'handle',
};

/** Tells channels what happens; what it does not trace costs nothing. */
export function channelProbe(names: readonly TracingName[]): Probe {
  const probe: Probe = {
    wrap(point, run) {
      const name = STEPS[point.at];
      if (name === undefined || !names.includes(name)) return run;
      return (message, context) =>
        traced(TRACING[name], new StepMessage(point, message, context), () => run(message, context));
    },
  };
  if (names.includes('publish'))
    probe.publish = published =>
      isObject(published.event)
        ? new TracedWork(TRACING.publish, new WorkMessage('event', published.event, () => published.context, published))
        : undefined;
  if (!names.includes('saga')) return probe;
  probe.sagaWorks = moment =>
    new TracedWork(TRACING.saga, new WorkMessage('event', moment.event, () => moment.context, moment));
  probe.sagaEmits = ({ saga, command, context }) =>
    isObject(command)
      ? new TracedWork(TRACING.saga, new WorkMessage('command', command, () => context, { saga }))
      : undefined;
  return probe;
}

/** All else is refused. */
const isObject = (message: unknown): message is object => typeof message === 'object' && message !== null;
