import { expect } from 'vitest';
import { flowMatchers, type FlowMatchers } from './matchers/flow-matchers.js';

export { flowMatchers } from './matchers/flow-matchers.js';
export type { FlowMatchers } from './matchers/flow-matchers.js';

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Vitest declares it
  interface Matchers<T = any> extends FlowMatchers {}
}

expect.extend(flowMatchers);
