import { cqrs, withCqrs } from './applications.mjs';
import { handlerTypes, instancesOf, messageTypes } from './classes.mjs';
import { inTurn } from './requests.mjs';

const plain = Array.from({ length: 10 }, () => (message, next) => next(message));
const waiting = Array.from({ length: 10 }, () => async (message, next) => next(message));
const withContext = Array.from({ length: 10 }, () => (message, next, _context) => next(message));

/** Middleware that does nothing, by its kind. */
export const layers = { plain, async: waiting, context: withContext };

const one = () => {
  const [type] = messageTypes(1, cqrs.Command);
  const [Handler] = handlerTypes([type]);
  return { handler: new Handler(), messages: instancesOf([type]) };
};

/** The same functions composed by hand, once, into one function. */
export function composedOnce(kind, count) {
  const { handler, messages } = one();
  const chain = layers[kind].slice(0, count).reduceRight(
    (next, layer) => message => layer(message, next),
    message => handler.execute(message),
  );
  return inTurn(messages, chain);
}

/** What koa does: the chain is walked anew at every call. */
export function composedEachTime(kind, count) {
  const { handler, messages } = one();
  const middleware = layers[kind].slice(0, count);
  const walk = (message, i) => {
    try {
      const layer = middleware[i];
      return Promise.resolve(layer ? layer(message, inner => walk(inner, i + 1)) : handler.execute(message));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return inTurn(messages, message => walk(message, 0));
}

export async function ours(kind, count, options = {}) {
  const types = messageTypes(1, cqrs.Command);
  const app = await withCqrs(handlerTypes(types, cqrs.CommandHandler), {
    ...options,
    middleware: layers[kind].slice(0, count),
  });
  const bus = app.get(cqrs.CommandBus);
  return inTurn(instancesOf(types), message => bus.execute(message));
}
