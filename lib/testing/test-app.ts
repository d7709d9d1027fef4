import type { INestApplicationContext, InjectionToken, LoggerService, ModuleMetadata } from '@nestjs/common';
import { restoreStubs, stub, type Stub, type StubbedMessage } from './stub/stub.js';
import type { MessageType } from '../extension.js';
import { refuseUnasked } from './scenario/unasked.js';

/** The application of a test: modules and providers, and what is put in place of some. */
export interface TestAppOptions extends ModuleMetadata {
  /** Values in place of providers: `[Carrier, { book: async () => 'parcel 7' }]`. */
  readonly overrides?: readonly (readonly [token: InjectionToken, value: unknown])[];
  /** Makes stubs, as `stub()` does: `on => on(EstimateShipping).with({ days: 2 })`. */
  readonly stubs?: (on: StubOf) => unknown;
  /** Gets what the application logs; `false` for nothing. Default: that of `@nestjs/testing`, which prints errors alone. */
  readonly logger?: LoggerService | false;
}

/** `stub()` of the application. */
export interface StubOf {
  <T extends object>(stubbed: MessageType<T>): Stub<StubbedMessage<T>>;
  <H extends object, K extends keyof H>(
    stubbed: readonly [MessageType<H>, K],
  ): Stub<(H[K] extends (message: infer M, ...rest: never[]) => unknown ? M : never) & object>;
}

const ignore = (): void => undefined;
const SILENT: LoggerService = { log: ignore, warn: ignore, error: ignore };

/** Closed by `await using`, or by `close()`. */
export type TestApp = INestApplicationContext & AsyncDisposable;

/**
 * Starts an application for a test, with `@nestjs/testing`, which must be installed. One that does not start is closed.
 * @throws (rejects) what the start does: CqrsWiringException for mistakes in the wiring
 */
export async function testApp({ overrides = [], stubs, logger, ...metadata }: TestAppOptions): Promise<TestApp> {
  refuseUnasked();
  const { Test } = await import('@nestjs/testing');
  const builder = Test.createTestingModule(metadata);
  for (const [token, value] of overrides) builder.overrideProvider(token).useValue(value);
  if (logger !== undefined) builder.setLogger(logger || SILENT);
  const app = await builder.compile();
  try {
    await app.init();
    stubs?.(((stubbed: never) => stub(app, stubbed)) as StubOf);
  } catch (error) {
    // What it has opened must not outlive the test, and the first failure is the one to tell.
    await app.close().catch(() => undefined);
    throw error;
  }
  const dispose = async () => {
    restoreStubs(app);
    await app.close();
  };
  return Object.assign(app, { [Symbol.asyncDispose]: dispose });
}
