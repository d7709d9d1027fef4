import { Injectable } from '@nestjs/common';
import {
  AggregateRoot,
  BusClosedException,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  UnhandledExceptionBus,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';
import { codesOf, start } from '../../support/application.js';

class Happened {}

let open: () => void;
let opened: Promise<void>;
let handled: number;

@EventsHandler(Happened)
class Slow {
  async handle() {
    await opened;
    handled++;
  }
}

@EventsHandler(Happened)
class Fails {
  async handle() {
    await opened;
    throw new Error('broken');
  }
}

const startWith = async (options: CqrsModuleOptions, ...providers: (typeof Slow | typeof Fails)[]) => {
  const application = await start({ imports: [CqrsModule.forRoot(options)], providers });
  const failures: unknown[] = [];
  application.app.get(UnhandledExceptionBus).subscribe(({ exception }) => failures.push(exception));
  return { ...application, failures };
};

beforeEach(() => {
  handled = 0;
  opened = new Promise(resolve => (open = resolve));
});

describe("with events: { wait: 'none' }", () => {
  it('publish and publishAll resolve at once, and failures are reported later', async () => {
    const { events, failures } = await startWith({ events: { wait: 'none' } }, Slow, Fails);
    await events.publish(new Happened());
    await events.publishAll([new Happened(), new Happened()]);
    expect([handled, failures]).toEqual([0, []]);
    open();
    await events.publish(new Happened(), { wait: 'settled' });
    expect(handled).toBe(4);
    expect(failures).toHaveLength(4);
  });

  it.each(['sequential', 'untilFailure'] as const)('so do they in the mode %s', async mode => {
    const { events } = await startWith({ events: { wait: 'none', mode } }, Slow);
    await events.publish(new Happened());
    await events.publishAll([new Happened(), new Happened()]);
    expect(handled).toBe(0);
    open();
  });

  it('commit() resolves at once', async () => {
    class Account extends AggregateRoot {}
    const { app } = await startWith({ events: { wait: 'none' } }, Slow);
    const account = app.get(EventPublisher).mergeObjectContext(new Account());
    account.apply(new Happened());
    await account.commit();
    expect([handled, account.getUncommittedEvents()]).toEqual([0, []]);
    open();
  });

  it('a call that asks for the failures of handlers waits', async () => {
    const { events } = await startWith({ events: { wait: 'none' } }, Fails);
    open();
    await expect(events.publish(new Happened(), { onError: 'throw' })).rejects.toThrow('broken');
    const outcome = await events.publish(new Happened(), { onError: 'collect' });
    expect(outcome.failures).toMatchObject([{ handler: 'Fails' }]);
    await expect(events.publishAll([new Happened()], { onError: 'throw' })).rejects.toThrow('broken');
  });

  it('a refused event rejects', async () => {
    const { app, events } = await startWith({ events: { wait: 'none' } }, Slow);
    await expect(events.publish(null as never)).rejects.toMatchObject({ code: 'CQRS_INVALID_MESSAGE' });
    await expect(events.publishAll([new Happened(), 1 as never])).rejects.toMatchObject({
      code: 'CQRS_INVALID_MESSAGE',
    });
    open();
    await app.close();
    await expect(events.publish(new Happened())).rejects.toBeInstanceOf(BusClosedException);
  });

  it('an event that is published before the start resolves at once too, and is handled', async () => {
    const early: unknown[] = [];
    @Injectable()
    class Early {
      constructor(private readonly events: EventBus) {}

      async init() {
        await this.events.publish(new Happened());
        await this.events.publishAll([new Happened()]);
        early.push(handled);
        return this;
      }
    }
    const made = { provide: 'early', useFactory: (one: Early) => one.init(), inject: [Early] };
    open();
    const imports = [CqrsModule.forRoot({ events: { wait: 'none' } })];
    const { events } = await start({ imports, providers: [Slow, Early, made] });
    expect(early).toEqual([0]);
    await events.publish(new Happened(), { wait: 'settled' });
    expect(handled).toBe(3);
  });

  it('the end of the application waits for the handlers', async () => {
    const { app, events } = await startWith({ events: { wait: 'none' } }, Slow);
    await events.publish(new Happened());
    const closed = app.close();
    setImmediate(open);
    await closed;
    expect(handled).toBe(1);
  });

  it.each<[string, CqrsModuleOptions]>([
    ['onError: throw', { events: { wait: 'none', onError: 'throw' } }],
    ['onError: collect', { events: { wait: 'none', onError: 'collect' } }],
    ['rethrowUnhandled', { events: { wait: 'none' }, rethrowUnhandled: true }],
    ['a word that there is not', { events: { wait: 'never' as never } }],
  ])('%s is refused at startup', async (_, options) => {
    expect(await codesOf({ imports: [CqrsModule.forRoot(options)] })).toEqual(['CQRS_INVALID_OPTIONS']);
  });
});

describe("with wait: 'none' in one call", () => {
  it('that call does not wait', async () => {
    const { events } = await startWith({}, Slow);
    await events.publish(new Happened(), { wait: 'none' });
    await events.publishAll([new Happened()], { wait: 'none' });
    expect(handled).toBe(0);
    open();
  });

  it('the failures of handlers cannot be asked for', async () => {
    const { events } = await startWith({}, Slow);
    for (const onError of ['throw', 'collect'] as const)
      await expect(events.publish(new Happened(), { wait: 'none', onError })).rejects.toMatchObject({
        code: 'CQRS_INVALID_OPTIONS',
        message: expect.stringContaining('exclude each other'),
      });
  });
});
