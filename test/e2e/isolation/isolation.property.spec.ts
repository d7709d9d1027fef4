import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  header,
  ofType,
  Saga,
  UnhandledExceptionBus,
  type CqrsModuleOptions,
  type MessageContext,
} from 'nestjs-cqrs';
import { map, type Observable } from 'rxjs';
import { ApplicationBuses } from '../../../lib/module/application-buses.js';
import { start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

jest.setTimeout(600_000);

/** More with `CQRS_FUZZ_RUNS`. */
const RUNS = Number(process.env['CQRS_FUZZ_RUNS'] ?? 150);

const tenantHeader = header<string>('tenant');
const stores = new AsyncLocalStorage<string>();

/** A message that a program sends, and what its handler does. */
interface Step {
  readonly kind: 'event' | 'command';
  /** Entered around the sending; undefined to stay in that of the sender. */
  readonly store: string | undefined;
  /** Said as a header; undefined to inherit it. */
  readonly tenant: string | undefined;
  /** Whether the sender hands its context on. */
  readonly handsOn: boolean;
  /** Whether it is sent before the handler of its cause first awaits. */
  readonly isSentAtOnce: boolean;
  /** Whether the handler awaits before it goes on. */
  readonly waits: boolean;
  readonly fails: boolean;
  /** Whether the same instance is sent a second time, for another tenant. */
  readonly isSentTwice: boolean;
  readonly steps: readonly Step[];
}

/** What a dispatch sees of the request it belongs to. */
interface Sight {
  readonly store: string | undefined;
  readonly tenant: string | undefined;
  readonly correlation: string;
  readonly cause: string | undefined;
}

const { step } = fc.letrec<{ step: Step }>(tie => ({
  step: fc.record({
    kind: fc.constantFrom('event' as const, 'event' as const, 'command' as const),
    store: fc.option(fc.constantFrom('store 1', 'store 2', 'store 3'), { nil: undefined }),
    tenant: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    handsOn: fc.boolean(),
    isSentAtOnce: fc.boolean(),
    waits: fc.boolean(),
    fails: fc.constantFrom(false, false, false, true),
    isSentTwice: fc.constantFrom(false, false, true),
    steps: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant([]),
      fc.array(tie('step'), { maxLength: 3 }),
    ),
  }),
}));

abstract class Sent {
  constructor(
    readonly step: Step,
    readonly id: string,
  ) {}
}
class Happened extends Sent {}
class Work extends Sent {}
/** What each saga answers an event with. */
class Answer {
  constructor(readonly saga: string) {}
}

/** What was seen, by the identifier of the dispatch; for the commands of sagas by saga and cause. */
const seen = new Map<string, Sight[]>();
let failures = 0;

@Injectable()
class Program {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  @EventsHandler(Happened)
  happened(event: Happened, context: MessageContext) {
    return this.run(event, context);
  }

  @CommandHandler(Work)
  work(command: Work, context: MessageContext) {
    return this.run(command, context);
  }

  @EventsHandler(Happened)
  neighbour(event: Happened, context: MessageContext) {
    this.see(`${context.messageId} neighbour`, context);
    return event.step.waits ? Promise.resolve() : undefined;
  }

  @CommandHandler(Answer)
  async answer({ saga }: Answer, context: MessageContext) {
    this.see(`${saga} of ${context.causationId}`, context);
    await Promise.resolve();
  }

  @Saga(Happened)
  async onHappened() {
    await Promise.resolve();
    return new Answer('function');
  }

  @Saga()
  async *generator(events: AsyncIterable<object>) {
    for await (const event of events) if (event instanceof Happened) yield new Answer('generator');
  }

  @Saga()
  operators(events$: Observable<object>) {
    return events$.pipe(
      ofType(Happened),
      map(() => new Answer('operators')),
    );
  }

  send(sent: Step, id: string, context?: MessageContext): void {
    const said = {
      ...(sent.handsOn && context && { context }),
      ...(sent.tenant && { headers: tenantHeader.of(sent.tenant) }),
    };
    const message = sent.kind === 'event' ? new Happened(sent, id) : new Work(sent, id);
    const dispatch = (messageId: string, options: object) => {
      const promise =
        message instanceof Happened
          ? this.events.publish(message, { ...said, ...options, messageId })
          : this.commands.dispatch(message as object, { ...said, ...options, messageId });
      // The failure of a command belongs to its caller.
      promise.catch(() => (failures += 1));
    };
    const go = () => {
      dispatch(id, {});
      if (sent.isSentTwice) dispatch(`${id} again`, { headers: tenantHeader.of('twice') });
    };
    if (sent.store === undefined) go();
    else stores.run(sent.store, go);
  }

  private run(message: Sent, context: MessageContext): unknown {
    const { step: own, id } = message;
    this.see(context.messageId, context);
    const isFirst = context.messageId === id;
    const sendAll = (atOnce: boolean) => {
      if (isFirst)
        own.steps.forEach((next, i) => next.isSentAtOnce === atOnce && this.send(next, `${id}.${i}`, context));
    };
    const end = () => {
      sendAll(false);
      if (own.fails) throw new Error('as the program says');
    };
    sendAll(true);
    return own.waits ? Promise.resolve().then(end) : end();
  }

  private see(id: string, context: MessageContext): void {
    const { correlationId: correlation, causationId: cause } = context;
    const sight = { store: stores.getStore(), tenant: context.header(tenantHeader), correlation, cause };
    seen.set(id, [...(seen.get(id) ?? []), sight]);
  }
}

/** The model: who must see what. */
function expected(program: readonly Step[], propagates: boolean) {
  const sights = new Map<string, Sight>();
  let failing = 0;
  const expect = (sent: Step, id: string, sender: Sight & { id: string | undefined }) => {
    const inherits = sender.id !== undefined && (propagates || sent.handsOn);
    const store = sent.store ?? sender.store;
    const own = {
      store,
      tenant: sent.tenant ?? (inherits ? sender.tenant : undefined),
      correlation: inherits ? sender.correlation : id,
      cause: inherits ? sender.id : undefined,
    };
    const again = { ...own, tenant: 'twice', correlation: inherits ? sender.correlation : `${id} again` };
    for (const [key, sight] of sent.isSentTwice
      ? ([
          [id, own],
          [`${id} again`, again],
        ] as const)
      : ([[id, own]] as const)) {
      sights.set(key, sight);
      if (sent.fails) failing += 1;
      if (sent.kind !== 'event') continue;
      sights.set(`${key} neighbour`, sight);
      for (const saga of ['function', 'generator', 'operators'])
        sights.set(`${saga} of ${key}`, { ...sight, cause: key });
    }
    sent.steps.forEach((next, i) => expect(next, `${id}.${i}`, { ...own, id }));
  };
  program.forEach((sent, i) =>
    expect(sent, String(i), { store: undefined, tenant: undefined, correlation: '', cause: undefined, id: undefined }),
  );
  return { sights, failing };
}

describe('Every dispatch of a random program sees its own request, and nothing of another, with', () => {
  it.each<CqrsModuleOptions>([
    {},
    { sagas: { concurrency: 1 } },
    { sagas: { concurrency: 2 } },
    { propagateContext: true },
    { propagateContext: true, sagas: { concurrency: 1 } },
  ])('%j', async options => {
    const { app } = await start({ imports: [CqrsModule.forRoot(options)], providers: [Program] });
    const { runningWork } = app.get(ApplicationBuses, { strict: false });
    app.get(UnhandledExceptionBus).subscribe(() => (failures += 1));
    const program = app.get(Program);
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async steps => {
      seen.clear();
      failures = 0;
      const { sights, failing } = expected(steps, options.propagateContext === true);
      steps.forEach((sent, i) => program.send(sent, String(i)));
      for (let i = 0; i < 200 && seen.size < sights.size; i++) await soon();
      expect(await runningWork.drain(1_000)).toEqual([]);
      await soon();
      expect(Object.fromEntries(seen)).toEqual(Object.fromEntries([...sights].map(([id, sight]) => [id, [sight]])));
      expect(failures).toBe(failing);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
