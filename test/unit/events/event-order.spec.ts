import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { EventBus } from '../../../lib/index.js';

class Happened {
  constructor(readonly name: string) {}
}

beforeAll(() => Logger.overrideLogger(false));

describe('the order of events', () => {
  it('gives an event to all handlers before any gets one that was published meanwhile', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    const followers: Record<string, string[]> = { a: ['a1', 'a2'], a1: ['a11'], a2: ['a21'] };
    bus.register(Happened, ({ name }) => {
      trace.push(`1:${name}`);
      for (const follower of followers[name] ?? []) void bus.publish(new Happened(follower));
    });
    bus.register(Happened, ({ name }) => trace.push(`2:${name}`));
    await bus.publish(new Happened('a'));
    expect(trace).toEqual(['1:a', '2:a', '1:a1', '2:a1', '1:a2', '2:a2', '1:a11', '2:a11', '1:a21', '2:a21']);
  });

  it('is kept whatever tree of events handlers publish, and whichever of them fail', async () => {
    interface Node {
      readonly fails: boolean;
      readonly then: readonly Node[];
    }
    const tree = fc.letrec<{ node: Node }>(tie => ({
      node: fc.record({
        fails: fc.boolean(),
        then: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('node'), { maxLength: 3 })),
      }),
    })).node;
    class Step {
      constructor(readonly node: Node) {}
    }
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 4 }), fc.nat(3), async (root, handlers, publisher) => {
        const bus = new EventBus();
        const trace: [Node, number][] = [];
        for (let i = 0; i < handlers; i++)
          bus.register(Step, ({ node }) => {
            trace.push([node, i]);
            if (i === publisher % handlers) for (const next of node.then) void bus.publish(new Step(next));
            if (node.fails) throw new Error('failed');
          });
        await bus.publish(new Step(root));
        const breadthFirst: Node[] = [root];
        for (const node of breadthFirst) breadthFirst.push(...node.then);
        const expected = breadthFirst.flatMap(node => Array.from({ length: handlers }, (_, i) => [node, i]));
        expect(trace).toHaveLength(expected.length);
        expect(trace.every(([node, i], at) => node === expected[at]![0] && i === expected[at]![1])).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('shows subscribers an event before those that its handlers published', async () => {
    const bus = new EventBus();
    const shown: string[] = [];
    bus.register(Happened, ({ name }) => {
      if (name === 'a') void bus.publish(new Happened('b'));
    });
    bus.subscribe(event => {
      const { name } = event as Happened;
      shown.push(name);
      if (name === 'a') void bus.publish(new Happened('c'));
    });
    await bus.publish(new Happened('a'));
    expect(shown).toEqual(['a', 'b', 'c']);
  });

  it('lets a handler await what it publishes, in sequence', async () => {
    const bus = new EventBus({ mode: 'sequential' });
    const trace: string[] = [];
    bus.register(Happened, async ({ name }) => {
      trace.push(`+${name}`);
      if (name === 'a') await bus.publish(new Happened('b'));
      trace.push(`-${name}`);
    });
    await bus.publish(new Happened('a'));
    expect(trace).toEqual(['+a', '+b', '-b', '-a']);
  });

  it('lets a handler await what it publishes, in parallel', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.register(Happened, async ({ name }) => {
      trace.push(`+${name}`);
      if (name === 'a') await bus.publish(new Happened('b'));
      trace.push(`-${name}`);
    });
    await bus.publish(new Happened('a'));
    expect(trace).toEqual(['+a', '+b', '-b', '-a']);
  });

  it.each(['parallel', 'sequential'] as const)('does not grow the stack with 10,000 nested events (%s)', async mode => {
    const bus = new EventBus({ mode });
    let handled = 0;
    class Counted {
      constructor(readonly n: number) {}
    }
    bus.register(Counted, ({ n }) => {
      handled++;
      return n < 10_000 ? bus.publish(new Counted(n + 1)) : undefined;
    });
    await bus.publish(new Counted(1));
    expect(handled).toBe(10_000);
  });

  it('goes on with the next event when a handler of the first has failed', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.register(Happened, ({ name }) => {
      trace.push(name);
      if (name === 'a') {
        void bus.publish(new Happened('b'));
        throw new Error('after publishing');
      }
    });
    await bus.publish(new Happened('a'));
    expect(trace).toEqual(['a', 'b']);
  });

  it('is not held up by the subject of the bus having been shut', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.register(Happened, ({ name }) => trace.push(name));
    bus.subject$.unsubscribe();
    await bus.publish(new Happened('a'));
    await bus.publish(new Happened('b'));
    expect(trace).toEqual(['a', 'b']);
  });
});
