import type { INestApplicationContext, InjectionToken, ModuleMetadata } from '@nestjs/common';
import { restoreStubs, stub, type Stub, type StubbedMessage } from './stub/stub.js';
import type { MessageType } from '../extension.js';
import { refuseUnasked } from './scenario/unasked.js';

/** The application of a test: modules and providers, and what is put in place of some. */
export interface TestAppOptions extends ModuleMetadata {
  /** Values in place of providers: `[Carrier, { book: async () => 'parcel 7' }]`. */
  readonly overrides?: readonly (readonly [token: InjectionToken, value: unknown])[];
  /** Makes stubs, as `stub()` does: `on => on(EstimateShipping).with({ days: 2 })`. */
  readonly stubs?: (on: StubOf) => unknown;
}

/** `stub()` of the application. */
export interface StubOf {
  <T extends object>(stubbed: MessageType<T>): Stub<StubbedMessage<T>>;
  <H extends object, K extends keyof H>(
    stubbed: readonly [MessageType<H>, K],
  ): Stub<(H[K] extends (message: infer M, ...rest: never[]) => unknown ? M : never) & object>;
}

/** Closed by `await using`, or by `close()`. */
export type TestApp = INestApplicationContext & AsyncDisposable;

/**
 * Starts an application for a test, with `@nestjs/testing`, which must be installed.
 * @throws (rejects) what the start does: CqrsWiringException for mistakes in the wiring
 */
export async function testApp({ overrides = [], stubs, ...metadata }: TestAppOptions): Promise<TestApp> {
  refuseUnasked();
  const { Test } = await import('@nestjs/testing');
  const builder = Test.createTestingModule(metadata);
  for (const [token, value] of overrides) builder.overrideProvider(token).useValue(value);
  const app = await builder.compile();
  await app.init();
  stubs?.(((stubbed: never) => stub(app, stubbed)) as StubOf);
  const dispose = async () => {
    restoreStubs(app);
    await app.close();
  };
  return Object.assign(app, { [Symbol.asyncDispose]: dispose });
}
