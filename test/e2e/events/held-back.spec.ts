import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Scope, type Provider } from '@nestjs/common';
import * as fc from 'fast-check';
import { CqrsModule, EventBus, EventsHandler, Saga, type CqrsModuleOptions } from 'nestjs-cqrs';
import { map, tap, type Observable } from 'rxjs';
import { start } from '../../support/application.js';

/** What makes the dependency of the request-scoped handler take time; set by each test. */
let getReady: () => Promise<void>;

/** What the handlers were handed: `ready` is called at once, `slow` when its instance is there. */
let trace: string[];

const store = new AsyncLocalStorage<string>();

class Happened {
  constructor(
    readonly name: string,
    readonly next: () => void = () => undefined,
  ) {}
}

const SLOW = Symbol('a dependency that takes time');
const slow: Provider = {
  provide: SLOW,
  scope: Scope.REQUEST,
  useFactory: async () => {
    await getReady();
    return {};
  },
};

@EventsHandler(Happened, { scope: Scope.REQUEST })
class Slow {
  constructor(@Inject(SLOW) readonly dependency: object) {}

  handle({ name }: Happened) {
    trace.push(`slow ${name}`);
  }
}

@EventsHandler(Happened)
class Ready {
  handle({ name, next }: Happened) {
    trace.push(`ready ${name}`);
    next();
  }
}

const startWith = (options?: CqrsModuleOptions, ...more: Provider[]) =>
  start({ imports: [CqrsModule.forRoot(options)], providers: [slow, Slow, Ready, ...more] });

/** Opens what waits for it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>(resolve => (open = resolve));
  return { opened, open };
}

beforeEach(() => {
  trace = [];
  getReady = () => immediate();
});

describe('with a handler whose instance takes time', () => {
  it('the others are called before publish returns, and publish waits for all', async () => {
    const { events } = await startWith();
    const published = events.publish(new Happened('a'));
    expect(trace).toEqual(['ready a']);
    await published;
    expect(trace).toEqual(['ready a', 'slow a']);
  });

  it('subscribers and sagas see the event at once', async () => {
    @Injectable()
    class Sagas {
      @Saga()
      watch = (events$: Observable<object>) =>
        events$.pipe(
          tap(event => trace.push(`saga ${(event as Happened).name}`)),
          map(() => undefined as never),
        );
    }
    const { events } = await startWith({}, Sagas);
    const published = events.publish(new Happened('a'));
    expect(trace).toEqual(['ready a', 'saga a']);
    await published;
  });

  it('a list reaches each handler in its order, whichever instance is ready first', async () => {
    const waits = [3, 1, 2];
    getReady = async () => {
      for (let i = waits.shift() ?? 0; i > 0; i--) await immediate();
    };
    const { events } = await startWith();
    await events.publishAll(['a', 'b', 'c'].map(name => new Happened(name)));
    expect(trace).toEqual(['ready a', 'ready b', 'ready c', 'slow a', 'slow b', 'slow c']);
  });

  it('an effect never reaches it before its cause', async () => {
    const first = gate();
    const gates = [first.opened];
    getReady = () => gates.shift() ?? Promise.resolve();
    const { events } = await startWith();
    let effect: Promise<void> | undefined;
    const published = events.publish(new Happened('cause', () => (effect = events.publish(new Happened('effect')))));
    await delay(20);
    expect(trace).toEqual(['ready cause', 'ready effect']);
    first.open();
    await Promise.all([published, effect]);
    expect(trace.slice(2)).toEqual(['slow cause', 'slow effect']);
  });

  it('an instance that never gets ready stops the events of its own chain alone', async () => {
    const gates = [gate().opened];
    getReady = () => gates.shift() ?? Promise.resolve();
    const { events } = await startWith({ shutdown: { timeout: 1 } });
    void events.publish(new Happened('hangs'));
    await events.publish(new Happened('other'));
    expect(trace).toEqual(['ready hangs', 'ready other', 'slow other']);
  });

  it('an instance that cannot be made is a failure of its handler', async () => {
    getReady = () => Promise.reject(new Error('no connection'));
    const { events } = await startWith();
    const { handled, failures } = await events.publish(new Happened('a'), { onError: 'collect' });
    expect(handled).toEqual(['Ready']);
    expect(failures).toMatchObject([{ handler: 'Slow', error: new Error('no connection') }]);
  });

  it('the shutdown waits for the handler that is held back', async () => {
    const { app, events } = await startWith();
    getReady = () => delay(20);
    void events.publish(new Happened('a'));
    await app.close();
    expect(trace).toEqual(['ready a', 'slow a']);
  });

  it('keeps the order within each chain, runs in the asynchronous context of the publisher, and keeps nothing', async () => {
    interface Step {
      readonly ticks: number;
      readonly isSentAtOnce: boolean;
      readonly steps: readonly Step[];
    }
    const { step } = fc.letrec<{ step: Step }>(tie => ({
      step: fc.record({
        ticks: fc.nat(3),
        isSentAtOnce: fc.boolean(),
        steps: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          fc.constant([]),
          fc.array(tie('step'), { maxLength: 3 }),
        ),
      }),
    }));
    class Sent {
      constructor(
        readonly chain: string,
        readonly step: Step,
        readonly number: number,
      ) {}
    }
    let ticks: number[] = [];
    getReady = async () => {
      for (let i = ticks.shift() ?? 0; i > 0; i--) await immediate();
    };
    let sent: Record<string, number> = {};
    let got: { chain: string; number: number; store: string | undefined }[] = [];
    let pending: Promise<unknown>[] = [];
    const send = (bus: EventBus, chain: string, next: Step) => {
      const number = (sent[chain] = (sent[chain] ?? 0) + 1);
      ticks.push(next.ticks);
      const publish = () => pending.push(bus.publish(new Sent(chain, next, number)));
      store.run(`${chain}${number}`, publish);
    };
    @EventsHandler(Sent)
    class Sender {
      constructor(private readonly bus: EventBus) {}
      handle({ chain, step: { steps } }: Sent) {
        for (const next of steps.filter(({ isSentAtOnce }) => isSentAtOnce)) send(this.bus, chain, next);
        const later = steps.filter(({ isSentAtOnce }) => !isSentAtOnce);
        return later.length === 0
          ? undefined
          : immediate().then(() => later.forEach(next => send(this.bus, chain, next)));
      }
    }
    @EventsHandler(Sent, { scope: Scope.REQUEST })
    class Receiver {
      constructor(@Inject(SLOW) readonly dependency: object) {}
      handle({ chain, number }: Sent) {
        got.push({ chain, number, store: store.getStore() });
      }
    }
    const { events } = await startWith({ propagateContext: true }, Sender, Receiver);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async roots => {
        [sent, got, pending, ticks] = [{}, [], [], []];
        roots.forEach((root, i) => send(events, `chain ${i} `, root));
        for (let settled = 0; settled < pending.length; settled++) await pending[settled];
        expect(got).toHaveLength(Object.values(sent).reduce((sum, count) => sum + count, 0));
        for (const [chain, count] of Object.entries(sent)) {
          const numbers = got.filter(one => one.chain === chain).map(({ number }) => number);
          expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1));
        }
        for (const one of got) expect(one.store).toBe(`${one.chain}${one.number}`);
      }),
      { numRuns: 60 },
    );
    expect((events as unknown as { queue: { turns: { isEmpty: boolean } } }).queue.turns.isEmpty).toBe(true);
  });
});
