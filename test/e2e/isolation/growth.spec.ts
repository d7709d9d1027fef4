import { Injectable } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  header,
  MessageContext,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';

const tenant = header<string>('tenant');

/** One link of a chain. */
class Link {
  constructor(
    readonly left: number,
    readonly seen: (context: MessageContext | undefined, left: number) => void,
  ) {}
  get next(): Link {
    return new (this.constructor as typeof Link)(this.left - 1, this.seen);
  }
}
class Plain extends Link {}
class Given extends Link {}
class Sent extends Link {}

@Injectable()
class Handlers {
  constructor(
    private readonly events: EventBus,
    private readonly commands: CommandBus,
  ) {}
  @EventsHandler(Plain) plain(link: Plain) {
    link.seen(MessageContext.find(), link.left);
    if (link.left > 0) void this.events.publish(link.next);
  }
  @EventsHandler(Given) given(link: Given, context: MessageContext) {
    link.seen(context, link.left);
    if (link.left > 0) void this.events.publish(link.next, { context });
  }
  @CommandHandler(Sent) async sent(link: Sent, context: MessageContext) {
    link.seen(context, link.left);
    await undefined;
    if (link.left > 0) return this.commands.execute(link.next, { context }) as Promise<void>;
  }
}

const started = (options?: CqrsModuleOptions) =>
  start({ imports: [CqrsModule.forRoot(options)], providers: [Handlers] });

const nothing = (): void => undefined;

/** How many contexts `parent` leads to. */
function ancestorsOf(context: MessageContext): number {
  let count = 0;
  for (let { parent } = context; parent; { parent } = parent) count++;
  return count;
}

describe.each([false, true])('A chain of events, each published by the handler of the one before (%s)', propagate => {
  it('may be of any length', async () => {
    const { events } = await started({ propagateContext: propagate });
    let handled = 0;
    await events.publish(new Plain(50_000, () => handled++));
    expect(handled).toBe(50_001);
  });

  it('takes time in proportion to its length', async () => {
    const { events } = await started({ propagateContext: propagate });
    const time = async (length: number) => {
      const begin = performance.now();
      await events.publish(new Plain(length, nothing));
      return performance.now() - begin;
    };
    await time(2_000);
    const ratios: number[] = [];
    for (let i = 0; i < 3; i++) {
      const short = await time(2_000);
      ratios.push((await time(8_000)) / short);
    }
    expect(Math.min(...ratios)).toBeLessThan(12);
  });
});

describe.each([
  ['events whose contexts propagate', Plain, { propagateContext: true }],
  ['events that are given their contexts', Given, {}],
  ['commands that are given their contexts', Sent, {}],
] as const)('The contexts of a chain of %s', (_, type, options) => {
  const DEPTH = 20_000;
  const contexts = new Map<number, MessageContext>();

  beforeAll(async () => {
    const { events, commands } = await started(options);
    const first = new type(DEPTH, (context, left) => {
      if (left < 100 || left % 1_000 === 0) contexts.set(left, context!);
    });
    const said = { correlationId: 'the chain', headers: tenant.of('acme') };
    await (first instanceof Sent ? commands.execute(first, said) : events.publish(first, said));
  });

  it('all have the correlation and headers of the first', () => {
    const seen = [...contexts.values()].map(context => [context.correlationId, context.header(tenant)].join());
    expect(seen).toEqual(Array.from({ length: 100 + 20 }, () => 'the chain,acme'));
  });

  it('name the one before as their cause', () => {
    for (let left = 0; left < 99; left++) {
      expect(contexts.get(left)!.causationId).toBe(contexts.get(left + 1)!.messageId);
      expect(contexts.get(left)!.parent?.messageId).toBe(contexts.get(left + 1)!.messageId);
    }
  });

  it('lead to between 16 and 32 others, however long the chain', () => {
    const counts = [...contexts].filter(([left]) => left <= DEPTH - 16).map(([, context]) => ancestorsOf(context));
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(16);
    expect(Math.max(...counts)).toBeLessThanOrEqual(32);
  });

  it('are as long as JSON at any depth', () => {
    const lengths = [...contexts].filter(([left]) => left < DEPTH).map(([, context]) => JSON.stringify(context).length);
    expect(new Set(lengths).size).toBe(1);
  });
});
