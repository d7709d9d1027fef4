import { AsyncLocalStorage } from 'node:async_hooks';
import { handlerTypes, instancesOf, messageTypes } from '../contestants/classes.mjs';
import { command } from '../contestants/features.mjs';
import { inTurn } from '../contestants/requests.mjs';

/** What a context in a storage costs whoever writes it by hand, with the time it began. */
const inStorage = () => {
  const storage = new AsyncLocalStorage();
  const types = messageTypes(1);
  const [handler] = handlerTypes(types).map(Handler => new Handler());
  return inTurn(instancesOf(types), message =>
    storage.run({ type: message.constructor, time: Date.now() }, () => handler.execute(message)),
  );
};

/** Contexts that whatever a dispatch runs can find. */
export default [
  {
    name: 'context propagation on',
    apart: true,
    contestants: () => ({
      'AsyncLocalStorage.run by hand': inStorage,
      'propagateContext: true': () => command({ options: { propagateContext: true } }),
      'strict: true': () => command({ options: { strict: true } }),
    }),
  },
];
