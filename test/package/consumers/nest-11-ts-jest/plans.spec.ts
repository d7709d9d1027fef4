import 'reflect-metadata';
import { forwardRef, Inject, Injectable, Scope, type LoggerService, type Provider } from '@nestjs/common';
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
    expect(await app.get(ModuleRef).resolve(handler.constructor, context.id, { strict: false })).toBe(handler);
    if (handler.session) {
      expect(handler.request).toBe(context);
      expect(await app.get(ModuleRef).resolve(Session, context.id, { strict: false })).toBe(handler.session);
    }
    await new Promise(resolve => setImmediate(resolve));
  }
  await app.close();
  return atOnce;
}

it('makes instances by a plan once Nest has made the first, since all internals of Nest are there', async () => {
  @CommandHandler(Which, { scope: Scope.REQUEST })
  class Handler {
    @Inject(REQUEST) readonly request: unknown;
    constructor(
      readonly session: Session,
      readonly transient: Transient,
    ) {}
    async execute() {
      calls += 1;
      return this;
    }
  }
  expect(await calledAtOnce([Session, Transient, Handler])).toEqual([false, true, true]);
  expect(await calledAtOnce([Session, Transient, Handler], { instancePlans: false })).toEqual([false, false, false]);
  expect(warnings).toEqual([]);
});

it('lets Nest make what is more than plain classes', async () => {
  @CommandHandler(Which, { scope: Scope.REQUEST })
  class OfFactory {
    constructor(@Inject('made') readonly made: string) {}
    async execute() {
      calls += 1;
      expect(this.made).toBe('by a factory');
      return this;
    }
  }
  @CommandHandler(Which, { scope: Scope.REQUEST })
  class Circular {
    constructor(@Inject(forwardRef(() => Other)) readonly other: { circular: unknown }) {}
    async execute() {
      calls += 1;
      expect(this.other.circular).toBe(this);
      return this;
    }
  }
  @Injectable({ scope: Scope.REQUEST })
  class Other {
    constructor(@Inject(forwardRef(() => Circular)) readonly circular: unknown) {}
  }
  const factory = { provide: 'made', scope: Scope.REQUEST, useFactory: () => 'by a factory' };
  expect(await calledAtOnce([factory, OfFactory])).toEqual([false, false, false]);
  expect(await calledAtOnce([Circular, Other])).toEqual([false, false, false]);
  expect(warnings).toEqual([]);
});
