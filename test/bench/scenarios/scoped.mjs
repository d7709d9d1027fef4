import { Scope } from '@nestjs/common';
import { bareResolve, durableByHand, durableOurs, given, givenByHand, nestCqrs, ours } from '../contestants/scoped.mjs';

const DISPATCHES = 100_000;

/** New instances for each dispatch, by hand and through the buses. */
const anew = (name, options, others = {}) => ({
  name,
  reach: { 'nestjs-cqrs': 1.03 },
  contestants: () => ({
    'moduleRef.resolve and call': () => bareResolve(options),
    'nestjs-cqrs': () => ours(options),
    ...others,
  }),
});

/** Dispatches whose instances nobody keeps: the bytes are those that stay, a dispatch. */
const forgotten = prepare => async () => {
  const send = await prepare();
  const repeat = async times => {
    for (let i = 0; i < times; i++) await send(i);
  };
  const call = async () => {
    const start = performance.now();
    await repeat(1000);
    return (performance.now() - start) / 1000;
  };
  const live = async () => {
    // Until the weak tables of Nest have reached their size, which they keep.
    await repeat(DISPATCHES);
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    await repeat(DISPATCHES);
    globalThis.gc();
    return (process.memoryUsage().heapUsed - before) / DISPATCHES;
  };
  return Object.assign(call, { once: true, live });
};

const transient = { scope: { scope: Scope.TRANSIENT } };

export default [
  anew('request-scoped handler', {}, { '@nestjs/cqrs': () => nestCqrs({}) }),
  anew('request-scoped query handler', { kind: 'query' }, { '@nestjs/cqrs': () => nestCqrs({ kind: 'query' }) }),
  anew('request-scoped event handler', { kind: 'event' }),
  {
    name: 'request-scoped handler, AsyncContext given',
    contestants: () => ({
      'registerRequestByContextId, moduleRef.resolve and call': givenByHand,
      'nestjs-cqrs': given,
    }),
  },
  anew('request-scoped handler that injects what a factory makes', { plain: false }),
  {
    name: 'durable handler, 10 tenants',
    contestants: () => ({ 'moduleRef.resolve and call': durableByHand, 'nestjs-cqrs': durableOurs }),
  },
  {
    // A case of its own: a context strategy holds for all that runs in the process.
    name: 'what stays in memory of 100,000 durable dispatches',
    rounds: 5,
    contestants: () => ({
      'moduleRef.resolve and call': forgotten(durableByHand),
      'nestjs-cqrs': forgotten(durableOurs),
    }),
  },
  anew('transient handler', transient),
  {
    name: 'what stays in memory of 100,000 dispatches',
    rounds: 5,
    contestants: () => ({
      'moduleRef.resolve and call': forgotten(() => bareResolve({})),
      'nestjs-cqrs': forgotten(() => ours({})),
      'nestjs-cqrs, what Nest makes': forgotten(() => ours({ plain: false })),
      'nestjs-cqrs, AsyncContext given': forgotten(given),
      '@nestjs/cqrs': forgotten(() => nestCqrs({})),
    }),
  },
];
