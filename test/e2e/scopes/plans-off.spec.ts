import { Inject, Injectable, Scope } from '@nestjs/common';
import { ModuleRef, REQUEST } from '@nestjs/core';
import { jest } from '@jest/globals';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { codesOf, start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

class Which extends Command<Handler> {}
class Happened extends Event {}

@Injectable({ scope: Scope.REQUEST })
class Session {}

@CommandHandler(Which, { scope: Scope.REQUEST })
class Handler {
  constructor(
    readonly session: Session,
    @Inject(REQUEST) readonly request: unknown,
  ) {}
  async execute() {
    return this;
  }
}

@EventsHandler(Happened, { scope: Scope.REQUEST })
class Listener {
  static readonly sessions: Session[] = [];
  constructor(readonly session: Session) {}
  handle() {
    Listener.sessions.push(this.session);
  }
}

/** Gives the `ModuleRef` by which the instances of its module are resolved. */
@Injectable()
class Owner {
  constructor(readonly moduleRef: ModuleRef) {}
}

/** An application, and how often Nest was asked for an instance of its request-scoped handlers. */
async function run(options?: CqrsModuleOptions, module = CqrsModule.forRoot(options)) {
  const started = await start({ imports: [module], providers: [Session, Handler, Listener, Owner] });
  const { moduleRef } = started.app.get(Owner);
  const resolve = jest.spyOn(moduleRef, 'resolve');
  return { ...started, moduleRef, resolved: () => resolve.mock.calls.map(([token]) => token) };
}

async function dispatchThrice(commands: CommandBus) {
  const handlers: Handler[] = [];
  for (let i = 0; i < 3; i++) {
    handlers.push(await commands.execute(new Which()));
    await soon();
  }
  return handlers;
}

describe('The option instancePlans', () => {
  it('is on by default: Nest is not asked for instances that a plan makes', async () => {
    for (const options of [undefined, { instancePlans: true }]) {
      const { commands, events, resolved } = await run(options);
      await dispatchThrice(commands);
      await events.publish(new Happened());
      expect(resolved()).toEqual([]);
    }
  });

  it('turned off, lets Nest make every instance', async () => {
    const { commands, events, resolved } = await run({ instancePlans: false });
    const handlers = await dispatchThrice(commands);
    await events.publish(new Happened());
    await events.publish(new Happened());
    expect(resolved()).toEqual([Handler, Handler, Handler, Listener, Listener]);
    expect(new Set(handlers).size).toBe(3);
    expect(new Set(handlers.map(({ session }) => session)).size).toBe(3);
  });

  it('turned off, changes nothing of which instances serve a dispatch', async () => {
    const { commands, events, moduleRef } = await run({ instancePlans: false });
    const context = new AsyncContext();
    const first = await commands.execute(new Which(), context);
    expect(await commands.execute(new Which(), context)).toBe(first);
    expect(first.request).toBe(context);
    await events.publish(new Happened(), context);
    expect(Listener.sessions.at(-1)).toBe(first.session);
    expect(await moduleRef.resolve(Handler, context.id)).toBe(first);
  });

  it('holds for its own application, whichever of two was started first', async () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const applications = [];
      for (const instancePlans of order) applications.push(await run({ instancePlans }));
      for (const { commands } of [...applications, ...applications]) await dispatchThrice(commands);
      expect(applications.map(({ resolved }) => resolved().length)).toEqual(order.map(isOn => (isOn ? 0 : 6)));
    }
  });

  it('may come from a factory, and must be true or false', async () => {
    const module = CqrsModule.forRootAsync({ useFactory: () => ({ instancePlans: false }) });
    const { commands, resolved } = await run({}, module);
    await dispatchThrice(commands);
    expect(resolved()).toEqual([Handler, Handler, Handler]);
    expect(await codesOf({ imports: [CqrsModule.forRoot({ instancePlans: 'off' as never })] })).toEqual([
      'CQRS_INVALID_OPTIONS',
    ]);
  });
});
