import diagnostics from 'node:diagnostics_channel';
import { Subject, filter, ignoreElements } from 'rxjs';
import { application, cqrs, withCqrs } from './applications.mjs';
import { instancesOf, messageTypes } from './classes.mjs';
import { inTurn } from './requests.mjs';

const silent = () =>
  class {
    async execute(message) {
      return message.id;
    }
  };

const reading = () =>
  class {
    async execute(message, context) {
      return context ? message.id : undefined;
    }
  };

/** One command through a bus of an application: what its handler is, what the module and the caller say. */
export async function command({ handler = silent, options, said, prepare, decorate } = {}) {
  const types = messageTypes(1, cqrs.Command);
  const Handler = handler();
  cqrs.CommandHandler(types[0])(Handler);
  decorate?.(types[0], Handler);
  const app = await withCqrs([Handler], options);
  const bus = app.get(cqrs.CommandBus);
  prepare?.(bus);
  if (said) return inTurn(instancesOf(types), message => bus.execute(message, said));
  return inTurn(instancesOf(types), message => bus.execute(message));
}

export const commandWithContext = () => command({ handler: reading });

/** One event to one asynchronous handler. */
export async function event({ options, said, prepare, more = () => [] } = {}) {
  const types = messageTypes(1, cqrs.Event);
  class Handler {
    async handle(happened) {
      return happened.id;
    }
  }
  cqrs.EventsHandler(types[0])(Handler);
  const app = await withCqrs([Handler, ...more(types[0])], options);
  const bus = app.get(cqrs.EventBus);
  prepare?.(bus);
  if (said) return inTurn(instancesOf(types), message => bus.publish(message, said));
  return inTurn(instancesOf(types), message => bus.publish(message));
}

/** A saga that looks at each event and sends nothing. */
export const plainSaga = type => {
  class Sagas {
    react() {}
  }
  cqrs.Saga(type)(Sagas.prototype, 'react', Object.getOwnPropertyDescriptor(Sagas.prototype, 'react'));
  return [Sagas];
};

/** The same as a stream. */
export const streamSaga = type => {
  class Sagas {
    react = events$ => events$.pipe(cqrs.ofType(type), filter(Boolean), ignoreElements());
  }
  cqrs.Saga()(Sagas.prototype, 'react');
  return [Sagas];
};

/** One event recorded and committed by an aggregate. */
export async function aggregate() {
  const types = messageTypes(1, cqrs.Event);
  class Handler {
    async handle(happened) {
      return happened.id;
    }
  }
  cqrs.EventsHandler(types[0])(Handler);
  const app = await withCqrs([Handler]);
  class Account extends cqrs.AggregateRoot {}
  const account = app.get(cqrs.EventPublisher).mergeObjectContext(new Account());
  return inTurn(instancesOf(types), message => {
    account.apply(message);
    return account.commit();
  });
}

/** A middleware that tells a diagnostics channel of every dispatch, as long as somebody listens. */
export function tracing() {
  const dispatches = diagnostics.tracingChannel('bench:dispatch');
  return (message, next) =>
    dispatches.hasSubscribers ? dispatches.tracePromise(() => next(message), { message }) : next(message);
}

class Passing {
  intercept(message, next) {
    return next(message);
  }
}

/** The forms of a middleware that does nothing. */
export const middleware = { of: Passing, function: (message, next) => next(message) };

/** A schema that finds nothing to complain about. */
export const schema = { '~standard': { version: 1, vendor: 'bench', validate: value => ({ value }) } };

/** Somebody who takes whatever is published. */
export const publisher = () => {
  const taken = new Subject();
  return { publish: message => taken.next(message), publishAll: messages => messages.forEach(one => taken.next(one)) };
};

const ROWS = 100;

async function* rows() {
  for (let i = 0; i < ROWS; i++) yield i;
}

const read = async source => {
  let sum = 0;
  for await (const row of source) sum += row;
  return sum;
};

/** The rows of a generator, read without a bus. */
export const directRows = () => () => read(rows());

/** The same through `stream()` of the query bus. */
export async function streamedRows(options) {
  class Rows extends cqrs.StreamQuery {}
  class Handler {
    execute() {
      return rows();
    }
  }
  cqrs.QueryHandler(Rows)(Handler);
  const app = await application([cqrs.CqrsModule.forRoot(options)], [Handler]);
  const bus = app.get(cqrs.QueryBus);
  const query = new Rows();
  return () => read(bus.stream(query));
}
