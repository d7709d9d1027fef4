import { setImmediate as nextTurn } from 'node:timers/promises';
import { cqrs, incumbent, withCqrs, withNestCqrs } from '../contestants/applications.mjs';
import { instancesOf, messageTypes } from '../contestants/classes.mjs';

const COUNT = 10_000;

const gate = { open: undefined, opened: undefined };

const close = () => {
  gate.opened = new Promise(resolve => {
    gate.open = resolve;
  });
};

const waitingHandler = (type, decorate) => {
  class WaitingHandler {
    async execute(message) {
      await gate.opened;
      return message.id;
    }
  }
  decorate?.(type)(WaitingHandler);
  return WaitingHandler;
};

/** Starts all, lets them wait for the same gate, opens it and awaits all; the memory is what lives while they wait. */
const crowd = send => {
  const run = async whileTheyWait => {
    close();
    const running = Array.from({ length: COUNT });
    for (let i = 0; i < COUNT; i++) running[i] = send();
    whileTheyWait?.();
    gate.open();
    await Promise.all(running);
  };
  const call = async () => {
    globalThis.gc();
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const live = async () => {
    await run();
    await nextTurn();
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    let bytes = 0;
    await run(() => {
      globalThis.gc();
      bytes = process.memoryUsage().heapUsed - before;
    });
    return bytes / COUNT;
  };
  return Object.assign(call, { once: true, live });
};

const through = async (start, library) => {
  const types = messageTypes(1, library.Command);
  const app = await start([waitingHandler(types[0], library.CommandHandler)]);
  const bus = app.get(library.CommandBus);
  const [message] = instancesOf(types);
  return crowd(() => bus.execute(message));
};

/** 10,000 dispatches that all wait for the same thing; the bytes are those that live meanwhile, a dispatch. */
export default [
  {
    name: '10,000 dispatches in flight',
    reach: { 'nestjs-cqrs': 1.2 },
    contestants: () => ({
      direct: () => {
        const types = messageTypes(1);
        const handler = new (waitingHandler(types[0]))();
        const [message] = instancesOf(types);
        return crowd(() => handler.execute(message));
      },
      'nestjs-cqrs': () => through(withCqrs, cqrs),
      '@nestjs/cqrs': () => through(withNestCqrs, incumbent),
    }),
  },
];
