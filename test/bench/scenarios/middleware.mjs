import { composedEachTime, composedOnce, ours } from '../contestants/chains.mjs';

const what = { plain: 'plain', async: 'async', context: 'plain that take the context' };

const layered = (kind, count, reach) => ({
  name: `${count} ${what[kind]} middleware`,
  reach: { 'nestjs-cqrs': reach },
  contestants: () => ({
    'composed once by hand': () => composedOnce(kind, count),
    'nestjs-cqrs': () => ours(kind, count),
    ...(count > 0 && { 'composed at every call': () => composedEachTime(kind, count) }),
  }),
});

/** Middleware that do nothing, against the same functions composed by hand. */
export default [
  ...[0, 1, 3, 5, 10].map(count => layered('plain', count, count === 0 ? undefined : 1.1)),
  ...[1, 3, 10].map(count => layered('async', count)),
  ...[1, 3].map(count => layered('context', count)),
];
