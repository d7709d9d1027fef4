import { cqrs, withCqrs } from '../contestants/applications.mjs';
import { instancesOf, messageTypes } from '../contestants/classes.mjs';
import { inTurn, direct } from '../contestants/requests.mjs';
import { AsyncLocalStorage } from 'node:async_hooks';

const plain = () =>
  class {
    async execute(message) {
      return message.id;
    }
  };

const taking = () =>
  class {
    async execute(message, context) {
      return context ? message.id : undefined;
    }
  };

const bus = async (handler, options, dispatchOptions) => {
  const types = messageTypes(1, cqrs.Command);
  cqrs.CommandHandler(types[0])(handler);
  const app = await withCqrs([handler], options);
  const commands = app.get(cqrs.CommandBus);
  if (dispatchOptions) return inTurn(instancesOf(types), message => commands.execute(message, dispatchOptions));
  return inTurn(instancesOf(types), message => commands.execute(message));
};

const inStorage = () => {
  const storage = new AsyncLocalStorage();
  const types = messageTypes(1);
  const handler = new (plain())();
  const store = {};
  return inTurn(instancesOf(types), message => storage.run(store, () => handler.execute(message)));
};

const observed = async () => {
  const types = messageTypes(1, cqrs.Command);
  const Handler = plain();
  cqrs.CommandHandler(types[0])(Handler);
  const app = await withCqrs([Handler]);
  const commands = app.get(cqrs.CommandBus);
  let seen = 0;
  commands.subscribe(() => (seen += 1));
  return inTurn(instancesOf(types), message => commands.execute(message));
};

/** What each feature costs, against the bus without it. */
export default [
  {
    name: 'features of the bus',
    contestants: () => ({
      'nothing asked for': () => bus(plain()),
      'direct call': () => direct(1),
      'context as second argument': () => bus(taking()),
      'headers given, nobody reads them': () => bus(plain(), {}, { headers: { tenant: 'a' } }),
      'a subscriber of the bus': observed,
    }),
  },
  {
    name: 'context propagation',
    contestants: () => ({
      'direct call': () => direct(1),
      'propagateContext off': () => bus(plain(), { propagateContext: false }),
    }),
  },
  {
    name: 'context propagation on',
    contestants: () => ({
      'AsyncLocalStorage.run and call': inStorage,
      'propagateContext on': () => bus(plain(), { propagateContext: true }),
      'strict on': () => bus(plain(), { strict: true }),
    }),
  },
];
