import { enhanced, enhancedByHand } from '../contestants/enhanced.mjs';
import { direct } from '../contestants/requests.mjs';

/**
 * A handler with Nest's own guards and interceptors, against what Nest makes of the handler for those who ask it; one
 * without them pays nothing.
 */
export default [
  {
    name: "a handler with Nest's enhancers",
    apart: true,
    contestants: () => ({
      direct: () => direct(1),
      'nestjs-cqrs, none': () => enhanced(),
      "Nest's ExternalContextCreator, a guard": () => enhancedByHand('guard'),
      'nestjs-cqrs, a guard': () => enhanced('guard'),
      "Nest's ExternalContextCreator, an interceptor": () => enhancedByHand('interceptor'),
      'nestjs-cqrs, an interceptor': () => enhanced('interceptor'),
      'nestjs-cqrs, both': () => enhanced('guard', 'interceptor'),
    }),
  },
];
