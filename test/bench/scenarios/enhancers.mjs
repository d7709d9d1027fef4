import { enhanced } from '../contestants/scoped.mjs';
import { direct } from '../contestants/requests.mjs';

/** A handler with Nest's own guards and interceptors; one without pays nothing for them. */
export default [
  {
    name: "a handler with Nest's enhancers",
    contestants: () => ({
      direct: () => direct(1),
      'nestjs-cqrs, none': () => enhanced(),
      'nestjs-cqrs, a guard': () => enhanced('guard'),
      'nestjs-cqrs, an interceptor': () => enhanced('interceptor'),
      'nestjs-cqrs, both': () => enhanced('guard', 'interceptor'),
    }),
  },
];
