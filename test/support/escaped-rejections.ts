/** The reasons of promises that were rejected in the running test without a handler; empty again before the next. */
export const escaped: unknown[] = [];

const escape = (reason: unknown) => void escaped.push(reason);

beforeEach(() => {
  escaped.length = 0;
  process.on('unhandledRejection', escape);
});
afterEach(() => void process.off('unhandledRejection', escape));
