import { Logger, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  CommandBus,
  CqrsModule,
  EventBus,
  QueryBus,
  UnhandledExceptionBus,
  type CqrsModuleOptions,
  type UnhandledExceptionInfo,
} from 'nestjs-cqrs';

/** A started application: its buses, what was reported, and what was logged as warning or error. */
export interface Started {
  readonly app: TestingModule;
  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly events: EventBus;
  readonly reported: UnhandledExceptionInfo[];
  readonly logged: string[];
}

const running: TestingModule[] = [];

/** Starts an application whose root module imports `CqrsModule.forRoot(options)` and has this metadata. */
export const start = (metadata: ModuleMetadata = {}, options?: CqrsModuleOptions): Promise<Started> =>
  init(
    Test.createTestingModule({
      ...metadata,
      imports: [CqrsModule.forRoot(options), ...(metadata.imports ?? [])],
    }),
  );

/** Starts an application that is put together by hand. */
export async function init(builder: ReturnType<typeof Test.createTestingModule>): Promise<Started> {
  const logged: string[] = [];
  const listener: LoggerService = {
    log: () => undefined,
    warn: (text: string) => logged.push(text),
    error: (text: string) => logged.push(text),
  };
  const app = await builder.setLogger(listener).compile();
  running.push(app);
  Logger.overrideLogger(listener);
  const reported: UnhandledExceptionInfo[] = [];
  app.get<UnhandledExceptionBus>(UnhandledExceptionBus, { strict: false }).subscribe(info => reported.push(info));
  await app.init();
  Logger.overrideLogger(listener);
  const get = <T>(type: abstract new (...args: any[]) => T) => app.get(type as any, { strict: false }) as T;
  return { app, commands: get(CommandBus), queries: get(QueryBus), events: get(EventBus), reported, logged };
}

/** Closes what a test has started; for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const app of running.splice(0)) await app.close();
}
