import {
  direct,
  directCaught,
  emittery,
  eventEmitter,
  mediatrTs,
  nestCqrs,
  nodeEvents,
  ours,
} from '../contestants/events.mjs';

const everybody = (setup, { slow = true } = {}) => ({
  direct: () => direct(setup),
  'nestjs-cqrs': () => ours(setup),
  ...(slow && { '@nestjs/cqrs (nothing awaited)': () => nestCqrs(setup) }),
  '@nestjs/event-emitter': () => eventEmitter(setup),
  emittery: () => emittery(setup),
  'node:events (nothing awaited)': () => nodeEvents(setup),
  ...(slow && { 'mediatr-ts': () => mediatrTs(setup) }),
});

const registered = count => ({
  name: `one async handler, ${count} ${count === 1 ? 'type' : 'types'} registered`,
  reach: { 'nestjs-cqrs': 2 },
  // Publishing through 10,000 streams takes the incumbent milliseconds: it shows at 1,000 already.
  contestants: () => ({
    ...everybody({ count }, { slow: count < 10_000 }),
    ...(count === 1 && { 'direct, failures caught': () => directCaught({}) }),
  }),
});

const rotating = (count, active) => ({
  name: `one async handler, ${active} of ${count} types in rotation`,
  contestants: () => ({ direct: () => direct({ count, active }), 'nestjs-cqrs': () => ours({ count, active }) }),
});

const fan = (fanOut, reach) => ({
  name: `${fanOut} async handlers`,
  reach: { 'nestjs-cqrs': reach },
  contestants: () => everybody({ fanOut }),
});

/** An event on its way to all of its handlers. */
export default [
  ...[1, 10, 100, 1000, 10_000].map(registered),
  rotating(50, 50),
  {
    name: 'one sync handler',
    reach: { 'nestjs-cqrs': 1.15 },
    contestants: () => everybody({ sync: true }),
  },
  fan(10, 2),
  fan(100, 1.7),
];
