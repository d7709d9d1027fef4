import type { INestApplicationContext, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CommandBus, CqrsWiringException, EventBus, QueryBus } from '../../lib/index.js';

/** What a started application logs, by level. */
export class RecordedLog implements LoggerService {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  log(): void {}
  debug(): void {}
  verbose(): void {}

  warn(text: string): void {
    this.warnings.push(text);
  }

  error(text: string): void {
    this.errors.push(text);
  }
}

/** An application and its buses. */
export interface Started {
  readonly app: INestApplicationContext;
  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly events: EventBus;
  readonly log: RecordedLog;
}

const started: INestApplicationContext[] = [];

/** Starts an application of one root module; it is closed after the test. */
export async function start(metadata: ModuleMetadata): Promise<Started> {
  const log = new RecordedLog();
  const app = await Test.createTestingModule(metadata).setLogger(log).compile();
  started.push(app);
  await app.init();
  return { ...busesOf(app), log };
}

/** The buses of an application. */
export const busesOf = (app: INestApplicationContext) => ({
  app,
  commands: app.get(CommandBus, { strict: false }),
  queries: app.get(QueryBus, { strict: false }),
  events: app.get(EventBus, { strict: false }),
});

/** What is wrong with the wiring of an application that refuses to start. */
export async function refusalOf(metadata: ModuleMetadata): Promise<CqrsWiringException> {
  const failure = await start(metadata).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(CqrsWiringException);
  return failure as CqrsWiringException;
}

/** The codes of the problems of a start that is refused, in order. */
export const codesOf = async (metadata: ModuleMetadata): Promise<string[]> =>
  (await refusalOf(metadata)).problems.map(({ code }) => code);

afterEach(async () => {
  await Promise.all(started.splice(0).map(app => app.close().catch(() => undefined)));
});
