/** Lets everything run that does not wait for a timer. */
export const quiet = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise(resolve => setImmediate(resolve));
};

/** Lets everything run that is pending in promises. */
export const soon = () => new Promise<void>(resolve => setImmediate(resolve));

/** Waits until something has happened; the time limit of the test is its limit. */
export const until = async (happened: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await happened())) await new Promise(resolve => setTimeout(resolve, 1));
};

/** A promise whose end the test decides. */
export function pending() {
  let [finish, fail] = [(): void => undefined, (_error: unknown): void => undefined];
  const promise = new Promise<void>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  return { promise, finish: () => finish(), fail: (error: unknown = new Error('late')) => fail(error) };
}
