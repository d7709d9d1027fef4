import { tracingChannel } from 'node:diagnostics_channel';
import { command, event } from '../contestants/features.mjs';
import { passing, watchedBy } from '../contestants/probes.mjs';
import { instrumented, sdk } from '../contestants/telemetry.mjs';

const after = (prepare, send) => {
  prepare();
  return send();
};

/** Telemetry against the same bus without it; each in a process of its own. */
const watched = send => () => ({
  off: () => send(),
  'a probe that does nothing': () => send({ prepare: watchedBy(passing) }),
  'a channel with a subscriber': () =>
    after(() => tracingChannel('nestjs-cqrs:dispatch').start.subscribe(() => undefined), send),
  'OpenTelemetry, no provider': () => after(() => instrumented(), send),
  'OpenTelemetry, metrics': () => after(() => (sdk({ measures: true }), instrumented({ spans: false })), send),
  'OpenTelemetry, spans': () => after(() => (sdk({ spans: true }), instrumented({ metrics: false })), send),
});

export default [
  { name: 'telemetry of a command', apart: true, contestants: watched(command) },
  { name: 'telemetry of an event', apart: true, contestants: watched(event) },
];
