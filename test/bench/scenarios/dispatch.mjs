import { direct, eventEmitter, mapAndCall, mediatrTs, nestCqrs, ours, standalone } from '../contestants/requests.mjs';

const reach = { 1: 1.2, 50: 1.35, 1000: 1.5 };

const named = (verb, count, sync) => ({
  name: `${verb}, ${count} ${count === 1 ? 'type' : 'types in rotation'}${sync ? ', sync handler' : ''}`,
  reach: { 'nestjs-cqrs': verb === 'dispatch' ? 2 : sync ? undefined : reach[count] },
  contestants: () => ({
    direct: () => direct(count, { sync }),
    ...(verb === 'execute' && { 'Map and call': () => mapAndCall(count, { sync }) }),
    'nestjs-cqrs': () => ours(verb, count, { sync }),
    '@nestjs/cqrs': () => nestCqrs(verb, count, { sync }),
    ...(verb === 'execute' && {
      'mediatr-ts': () => mediatrTs(count, { sync }),
      '@nestjs/event-emitter': () => eventEmitter(count, { sync }),
    }),
  }),
});

/** In a case of its own: what both ran through would be compiled for both. */
const withoutNest = count => ({
  name: `execute without Nest, ${count} ${count === 1 ? 'type' : 'types in rotation'}`,
  contestants: () => ({ direct: () => direct(count), 'nestjs-cqrs': () => standalone(count) }),
});

/** A command or query on its way to its one handler, no middleware. */
export default [
  ...[1, 50, 1000].map(count => named('execute', count)),
  ...[1, 50, 1000].map(count => named('ask', count)),
  ...[1, 50, 1000].map(count => named('dispatch', count)),
  ...[1, 50].map(withoutNest),
  named('execute', 1, true),
  named('ask', 1, true),
  named('dispatch', 1, true),
];
