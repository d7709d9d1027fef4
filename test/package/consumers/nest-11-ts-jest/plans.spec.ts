import 'reflect-metadata';
import { forwardRef, Inject, Injectable, Scope, type LoggerService, type Provider, type Type } from '@nestjs/common';
import { ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AsyncContext, Command, CommandBus, CommandHandler, CqrsModule, type CqrsModuleOptions } from 'nestjs-cqrs';

// What docs/instance-plans.md says of Nest 11.
class Which extends Command<any> {}

const warnings: string[] = [];
const logger: LoggerService = {
  log: () => undefined,
  error: (text: string) => void warnings.push(text),
  warn: (text: string) => void warnings.push(text),
};

let calls = 0;

@Injectable({ scope: Scope.REQUEST })
class Session {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {}

abstract class Asked {
  @Inject(REQUEST) readonly request: unknown;
  @Inject(Session) readonly session: unknown;

  async execute() {
    calls += 1;
    return this;
  }
}

/** For each of three dispatches, whether the handler was called before `execute` returned. */
async function calledAtOnce(providers: Provider[], options?: CqrsModuleOptions): Promise<boolean[]> {
  const module = Test.createTestingModule({ imports: [CqrsModule.forRoot(options)], providers });
  const app = await module.setLogger(logger).compile();
  await app.init();
  const atOnce: boolean[] = [];
  for (let i = 0; i < 3; i++) {
    calls = 0;
    const context = new AsyncContext();
    const answer = app.get(CommandBus).execute(new Which(), context);
    atOnce.push(calls === 1);
    const handler = await answer;
    const resolve = (type: Type) => app.get(ModuleRef).resolve(type, context.id, { strict: false });
    expect(await resolve(handler.constructor)).toBe(handler);
    expect(await resolve(Session)).toBe(handler.session);
    expect(handler.request).toBe(context);
    await new Promise(resolve => setImmediate(resolve));
  }
  await app.close();
  return atOnce;
}

it('makes instances by a plan once Nest has made the first, since all internals of Nest are there', async () => {
  @CommandHandler(Which, { scope: Scope.REQUEST })
  class Handler extends Asked {
    constructor(
      readonly transient: Transient,
      readonly own: Session,
    ) {
      super();
    }
  }
  expect(await calledAtOnce([Session, Transient, Handler])).toEqual([false, true, true]);
  expect(await calledAtOnce([Session, Transient, Handler], { instancePlans: false })).toEqual([false, false, false]);
  expect(warnings).toEqual([]);
});

it('lets Nest make what is more than plain classes', async () => {
  @CommandHandler(Which, { scope: Scope.REQUEST })
  class OfFactory extends Asked {
    constructor(@Inject('made') readonly made: string) {
      super();
    }
  }
  @CommandHandler(Which, { scope: Scope.REQUEST })
  class Circular extends Asked {
    constructor(@Inject(forwardRef(() => Other)) readonly other: unknown) {
      super();
    }
  }
  @Injectable({ scope: Scope.REQUEST })
  class Other {
    constructor(@Inject(forwardRef(() => Circular)) readonly circular: unknown) {}
  }
  const factory = { provide: 'made', scope: Scope.REQUEST, useFactory: () => 'by a factory' };
  expect(await calledAtOnce([Session, factory, OfFactory])).toEqual([false, false, false]);
  expect(await calledAtOnce([Session, Circular, Other])).toEqual([false, false, false]);
  expect(warnings).toEqual([]);
});
