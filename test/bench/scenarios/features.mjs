import {
  aggregate,
  command,
  commandWithContext,
  directRows,
  event,
  middleware,
  plainSaga,
  publisher,
  schema,
  streamSaga,
  streamedRows,
  tracing,
} from '../contestants/features.mjs';
import { cqrs } from '../contestants/applications.mjs';

const OFF = 'nothing asked for';

/** Each feature against the same bus without it, in a process of its own: one must not be compiled for the other. */
export default [
  {
    name: 'features of a command',
    apart: true,
    reach: {
      'propagateContext: false': 1.03,
      'a context given, nothing reads it': 1.05,
      'a tracing middleware, no listener': 1.05,
    },
    contestants: () => ({
      [OFF]: () => command(),
      'propagateContext: false': () => command({ options: { propagateContext: false } }),
      'a context given, nothing reads it': () =>
        command({ said: { context: new cqrs.MessageContext('command', Object, { name: 'Caller' }) } }),
      'headers given, nothing reads them': () => command({ said: { headers: { tenant: 'a' } } }),
      'the handler takes the context': commandWithContext,
      'a tracing middleware, no listener': () => command({ options: { middleware: [tracing()] } }),
      'a function as middleware': () => command({ options: { middleware: [middleware.function] } }),
      'a class as middleware': () => command({ options: { middleware: [middleware.of] } }),
      '@UseMiddleware on the handler': () =>
        command({ decorate: (_type, Handler) => cqrs.UseMiddleware(middleware.function)(Handler) }),
      'a subscriber of the bus': () => command({ prepare: bus => bus.subscribe(() => undefined) }),
      'a commandPublisher': () => command({ options: { commandPublisher: publisher() } }),
      'a time limit for all': () => command({ options: { timeout: 10_000 } }),
      'a time limit of the caller': () => command({ said: { timeout: 10_000 } }),
      'validation of all, by a schema': () =>
        command({ options: { validation: { on: 'all' } }, decorate: type => cqrs.Validate(schema)(type) }),
      'propagateContext: true': () => command({ options: { propagateContext: true } }),
      'strict: true': () => command({ options: { strict: true } }),
    }),
  },
  {
    name: 'features of an event',
    apart: true,
    contestants: () => ({
      [OFF]: () => event(),
      "onError: 'collect'": () => event({ said: { onError: 'collect' } }),
      "onError: 'throw'": () => event({ said: { onError: 'throw' } }),
      "mode: 'sequential'": () => event({ said: { mode: 'sequential' } }),
      'a subscriber of the bus': () => event({ prepare: bus => bus.subscribe(() => undefined) }),
      'an eventPublisher in place of the handlers': () => event({ options: { eventPublisher: publisher() } }),
      'a saga that names the event': () => event({ more: plainSaga }),
      'a saga that reads the stream': () => event({ more: streamSaga }),
      'a middleware': () => event({ options: { middleware: [middleware.function] } }),
      'propagateContext: true': () => event({ options: { propagateContext: true } }),
      'an aggregate that applies and commits it': aggregate,
    }),
  },
  {
    name: 'a stream query of 100 rows',
    contestants: () => ({ 'a generator, read directly': directRows, 'nestjs-cqrs': () => streamedRows() }),
  },
];
