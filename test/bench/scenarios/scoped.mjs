import { bareResolve, nestCqrs, ours } from '../contestants/scoped.mjs';

/** A request-scoped handler that injects a request-scoped provider, new ones for each dispatch. */
export default [
  {
    name: 'request-scoped handler',
    reach: { 'nestjs-cqrs': 1.03 },
    contestants: () => ({
      'moduleRef.resolve and call': bareResolve,
      'nestjs-cqrs': ours,
      '@nestjs/cqrs': nestCqrs,
    }),
  },
];
