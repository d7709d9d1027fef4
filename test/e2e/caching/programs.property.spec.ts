import { jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import * as fc from 'fast-check';
import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  header,
  memoryCache,
  MessageContext,
  Query,
  QueryHandler,
  Touches,
} from 'nestjs-cqrs';
import type { CachedResult, QueryCache } from 'nestjs-cqrs/extension';
import { Flight } from '../../../lib/caching/flight.js';
import { KeptTouches } from '../../../lib/caching/kept-touches.js';
import { start } from '../../support/application.js';
import { quiet } from '../../support/waiting.js';

const RUNS = Number(process.env['CQRS_PROGRAMS'] ?? 150);

const tenant = header<string>('tenant');

interface Answer {
  readonly row: string;
  readonly version: number;
  readonly tenant: string | undefined;
}

@Cached({ ttl: 1_000, grace: 500, vary: [tenant], tags: (query: Read) => [query.row] })
class Read extends Query<Answer> {
  constructor(readonly row: string) {
    super();
  }
}

@Touches((command: Write) => [command.row])
class Write extends Command {
  constructor(
    readonly row: string,
    readonly fails: boolean,
  ) {
    super();
  }
}

@Touches((event: Written) => [event.row])
class Written extends Event {
  constructor(readonly row: string) {
    super();
  }
}

/** Lets the scheduler decide when the running code goes on. */
let turn: (what: string) => Promise<unknown>;

@Injectable()
class Rows {
  readonly versions = new Map<string, number>();

  versionOf = (row: string) => this.versions.get(row) ?? 0;

  @QueryHandler(Read)
  async read({ row }: Read, context: MessageContext): Promise<Answer> {
    await turn('before the read');
    const version = this.versionOf(row);
    await turn('after the read');
    return { row, version, tenant: context.header(tenant) };
  }

  @CommandHandler(Write)
  async write({ row, fails }: Write): Promise<void> {
    await turn('before the write');
    if (fails) throw new Error('not written');
    this.versions.set(row, this.versionOf(row) + 1);
    await turn('after the write');
  }
}

type Fate = 'works' | 'fails' | 'fails after it has worked';

const WORKS: Iterator<Fate> = { next: () => ({ done: false, value: 'works' }) };

/** A cache elsewhere: each call takes two turns, and may fail before its effect or after it. */
class Elsewhere implements QueryCache {
  readonly name = 'elsewhere';
  private readonly inner = memoryCache();

  fates: Iterator<Fate> = WORKS;

  get = (key: string) => this.do(() => this.inner.get(key) as CachedResult | undefined);
  set = (...given: Parameters<QueryCache['set']>) => this.do(() => this.inner.set(...given));
  delete = (key: string) => this.do(() => this.inner.delete(key));
  touch = (tags: readonly string[]) => this.do(() => this.inner.touch(tags));
  clear = () => this.do(() => this.inner.clear());

  private async do<T>(work: () => T): Promise<T> {
    const fate = this.fates.next().value as Fate;
    await turn('on the way to the cache');
    if (fate === 'fails') throw new Error('down');
    const result = work();
    await turn('on the way back');
    if (fate === 'works') return result;
    throw new Error('down');
  }
}

const row = fc.constantFrom('r', 's');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const), row, tenant: fc.constantFrom('a', 'b') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), row, fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('publish' as const), row }) },
  // Past ttl, past grace, past the pause of a cache that was down.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), for: fc.constantFrom(200, 1_100, 2_000) }) },
);

/** What clients do at the same time, each one step after another. */
const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });

const fates = fc.infiniteStream(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Fate>('works') },
    { weight: 1, arbitrary: fc.constantFrom<Fate>('fails', 'fails after it has worked') },
  ),
);

type Step = Parameters<Parameters<typeof step.map>[0]>[0];

/** An answer that nobody may get. */
class WrongAnswer extends Error {}

/** One application runs all programs; each has rows of its own. */
async function programs() {
  const cache = new Elsewhere();
  const { app, queries, commands, events } = await start({
    imports: [CqrsModule.forRoot({ cache, shutdown: { timeout: 0 } })],
    providers: [Rows],
  });
  const { versionOf } = app.get(Rows);
  let count = 0;

  async function check(program: readonly (readonly Step[])[], given: Iterator<Fate>, scheduler: fc.Scheduler) {
    count += 1;
    turn = what => scheduler.schedule(Promise.resolve(), what);
    cache.fates = given;
    /** By row: the version of the last write that had been answered. */
    const finished = new Map<string, number>();
    const run = async (one: Step): Promise<void> => {
      if (one.do === 'wait') return void jest.advanceTimersByTime(one.for);
      const name = `${count}${one.row}`;
      if (one.do === 'publish') return events.publish(new Written(name));
      if (one.do === 'write') {
        const written = await commands.dispatch(new Write(name, one.fails)).then(
          () => true,
          () => false,
        );
        if (written) finished.set(name, Math.max(finished.get(name) ?? 0, versionOf(name)));
        return;
      }
      const least = finished.get(name) ?? 0;
      const answer = await queries.ask(new Read(name), { headers: tenant.of(one.tenant) });
      if (answer.row !== name || answer.tenant !== one.tenant) throw new WrongAnswer('of another query or tenant');
      if (answer.version < least) throw new WrongAnswer(`from before: ${answer.version} after ${least}`);
    };
    const client = async (steps: readonly Step[]) => {
      for (const one of steps) {
        await turn(one.do);
        await run(one);
      }
    };
    try {
      await scheduler.waitFor(Promise.all(program.map(client)));
    } finally {
      turn = () => Promise.resolve();
      cache.fates = WORKS;
      while (scheduler.count() > 0) await scheduler.waitOne();
      await quiet();
      // What the cache could not be told is told.
      jest.advanceTimersByTime(3_000);
      await quiet();
    }
  }

  return fc.asyncProperty(clients, fates, fc.scheduler(), (program, stream, scheduler) =>
    check(program, stream[Symbol.iterator](), scheduler),
  );
}

/** Looks for a program that tells a library that is broken. */
async function told(): Promise<unknown> {
  const { errorInstance } = await fc.check(await programs(), { numRuns: 20_000, endOnFailure: true });
  return errorInstance;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('Random programs of queries and touches, with a cache that fails at random', () => {
  it('no answer is older than the last write that had finished before it was asked, or of another tenant', async () => {
    const { failed, errorInstance, counterexample } = await fc.check(await programs(), {
      numRuns: RUNS,
      endOnFailure: true,
    });
    expect({ failed, errorInstance, counterexample }).toMatchObject({ failed: false });
  }, 120_000);

  it('the programs tell a cache that does not look whether a tag was touched since the run began', async () => {
    jest.spyOn(Flight.prototype, 'touched').mockImplementation(function (this: Flight) {
      this.leave();
    });
    expect(await told()).toBeInstanceOf(WrongAnswer);
  }, 120_000);

  it('the programs tell a run that is joined after a touch', async () => {
    jest.spyOn(Flight.prototype, 'touched').mockImplementation(function (this: Flight) {
      this.isTouched = true;
    });
    expect(await told()).toBeInstanceOf(WrongAnswer);
  }, 120_000);

  it('the programs tell touches that are forgotten while the cache is down', async () => {
    jest.spyOn(KeptTouches.prototype, 'isTouched').mockReturnValue(false);
    expect(await told()).toBeInstanceOf(WrongAnswer);
  }, 120_000);
});
