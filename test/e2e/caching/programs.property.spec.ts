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
import { start } from '../../support/application.js';

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

/** A cache elsewhere: each call takes two turns, and may fail before its effect or after it. */
class Elsewhere implements QueryCache {
  readonly name = 'elsewhere';
  private readonly inner = memoryCache();

  constructor(private readonly fates: Iterator<Fate>) {}

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

async function check(program: readonly (readonly Step[])[], given: Iterator<Fate>, scheduler: fc.Scheduler) {
  turn = what => scheduler.schedule(Promise.resolve(), what);
  const { app, queries, commands, events } = await start({
    imports: [CqrsModule.forRoot({ cache: new Elsewhere(given) })],
    providers: [Rows],
  });
  const { versionOf } = app.get(Rows);
  /** By row: the version of the last write that had been answered. */
  const finished = new Map<string, number>();
  const run = async (one: Step): Promise<void> => {
    if (one.do === 'wait') return void jest.advanceTimersByTime(one.for);
    if (one.do === 'publish') return events.publish(new Written(one.row));
    if (one.do === 'write') {
      await commands.dispatch(new Write(one.row, one.fails)).then(
        () => finished.set(one.row, Math.max(finished.get(one.row) ?? 0, versionOf(one.row))),
        () => undefined,
      );
      return;
    }
    const least = finished.get(one.row) ?? 0;
    const answer = await queries.ask(new Read(one.row), { headers: tenant.of(one.tenant) });
    expect(answer).toMatchObject({ row: one.row, tenant: one.tenant });
    expect(answer.version).toBeGreaterThanOrEqual(least);
  };
  const all = Promise.all(
    program.map(async steps => {
      for (const one of steps) {
        await turn(one.do);
        await run(one);
      }
    }),
  );
  try {
    await scheduler.waitFor(all);
  } finally {
    turn = () => Promise.resolve();
    await app.close();
  }
}

const property = () =>
  fc.asyncProperty(clients, fates, fc.scheduler(), (program, stream, scheduler) =>
    check(program, stream[Symbol.iterator](), scheduler),
  );

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('Random programs of queries and touches, with a cache that fails at random', () => {
  it('no answer is older than the last write that had finished before it was asked, or of another tenant', async () => {
    await fc.assert(property(), { numRuns: RUNS, endOnFailure: true });
  }, 120_000);

  it('the programs tell a cache that does not look whether a tag was touched since the run began', async () => {
    jest.spyOn(Flight.prototype, 'touched').mockImplementation(function (this: Flight) {
      this.leave();
    });
    await expect(fc.assert(property(), { numRuns: 2_000, endOnFailure: true })).rejects.toThrow(
      'toBeGreaterThanOrEqual',
    );
  }, 120_000);

  it('the programs tell a run that is joined after a touch', async () => {
    jest.spyOn(Flight.prototype, 'touched').mockImplementation(function (this: Flight) {
      this.isTouched = true;
    });
    await expect(fc.assert(property(), { numRuns: 2_000, endOnFailure: true })).rejects.toThrow(
      'toBeGreaterThanOrEqual',
    );
  }, 120_000);
});
