import { flowMatchers, type FlowMatchers } from './matchers/flow-matchers.js';

export { flowMatchers } from './matchers/flow-matchers.js';
export type { FlowMatchers } from './matchers/flow-matchers.js';

declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends FlowMatchers<R> {}
  }
}

interface Extendable {
  extend(matchers: object): void;
}

const { expect } = globalThis as { readonly expect?: Extendable };
if (expect === undefined)
  throw new Error(
    'nestjs-cqrs/testing/jest is for test files of Jest, whose expect() is global. Elsewhere: expect.extend(flowMatchers) with those of nestjs-cqrs/testing.',
  );
expect.extend(flowMatchers);
