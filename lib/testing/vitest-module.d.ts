// What of Vitest the entry point `nestjs-cqrs/testing/vitest` needs: this repository runs its own tests with Jest.
declare module 'vitest' {
  export const expect: { extend(matchers: object): void };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Vitest declares it
  export interface Matchers<T = any> {}
}
