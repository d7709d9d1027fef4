import { randomUUID } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import * as fc from 'fast-check';
import { Pool } from 'pg';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  Message,
} from 'nestjs-cqrs';
import { InTransaction } from 'nestjs-cqrs/extension';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { start } from '../../support/application.js';
import { escaped } from '../../support/escaped-rejections.js';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { expectedOf, type Left, type Step } from './model.js';
import { PgTransactions } from './pg-transactions.js';
import { Own, Part, ScriptedHandlers, Whole } from './scripted.js';

const RUNS = Number(process.env['CQRS_PROGRAMS'] ?? 60);

/** A program that runs, and its jobs: the names of their steps by id. */
interface Running {
  readonly run: string;
  readonly ids: Map<string, string>;
}

const COMMANDS = { Whole, Part, Own };

class Told extends Event {
  constructor(readonly name: string) {
    super();
  }
}

@Message({ name: 'programs.work' })
@Durable()
class Work extends Command {}

const steps = fc.letrec<{ step: Step; steps: Step[] }>(tie => ({
  steps: fc.array(tie('step'), { maxLength: 4 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ do: fc.constantFrom('insert', 'publish', 'enqueue', 'insert', 'publish', 'break', 'throw') }),
    fc.record({
      do: fc.constant('send' as const),
      how: fc.constantFrom('Whole', 'Part', 'Own'),
      steps: tie('steps'),
      isCaught: fc.boolean(),
    }),
  ) as fc.Arbitrary<Step>,
})).steps;

describeWithPostgres('Random programs of commands in units of work', postgres => {
  const schema = newSchema();
  let pool: Pool;

  beforeAll(async () => {
    pool = new Pool({ connectionString: postgres.url, max: 20 });
    pool.on('error', () => undefined);
    await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.rows (run text, name text)`);
  }, 60_000);
  afterAll(() => pool.end());

  /** Runs programs, each under a name of its own. */
  async function shop() {
    const transactions = new PgTransactions(pool);
    const handled = new Map<string, string[]>();
    const insert = (name: string) =>
      transactions.client.query(`INSERT INTO ${schema}.rows VALUES (split_part($1, ' ', 1), split_part($1, ' ', 2))`, [
        name,
      ]);

    @Injectable()
    class Handlers {
      @EventsHandler(Told)
      @InTransaction()
      check({ name }: Told) {
        return insert(`${name},checked`);
      }

      @EventsHandler(Told)
      async after({ name }: Told) {
        const [run, path] = name.split(' ') as [string, string];
        handled.set(run, [...(handled.get(run) ?? []), path]);
      }

      @CommandHandler(Work)
      async work() {}
    }

    @Module({ providers: [Handlers, ScriptedHandlers] })
    class ShopModule {}

    const transport = pgBoss(pgBosses[0]!.make(postgres.url, `${schema}_boss`));
    const durable = { transport, work: false };
    const { app } = await start({ imports: [CqrsModule.forRoot({ unitOfWork: transactions, durable }), ShopModule] });
    const [commands, events] = [app.get(CommandBus), app.get(EventBus)];
    const runStep = async (step: Step, running: Running, path: string): Promise<unknown> => {
      const { run, ids } = running;
      if (step.do === 'send') {
        const sent = commands.dispatch(new COMMANDS[step.how](() => runAll(step.steps, running, path)));
        return step.isCaught ? sent.catch(() => undefined) : sent;
      }
      if (step.do === 'insert') return insert(`${run} ${path}`);
      if (step.do === 'publish') return events.publish(new Told(`${run} ${path}`));
      if (step.do === 'break') return transactions.client.query('SELECT 1 / 0').catch(() => undefined);
      if (step.do === 'throw') throw new Error('thrown');
      const messageId = randomUUID();
      ids.set(messageId, path);
      return commands.enqueue(new Work(), { messageId });
    };
    const runAll = async (all: readonly Step[], running: Running, path: string): Promise<void> => {
      for (const [index, step] of all.entries()) await runStep(step, running, `${path}.${index}`);
    };

    return async (program: readonly Step[]): Promise<Left> => {
      const run = randomUUID();
      const ids = new Map<string, string>();
      const isDone = await commands.dispatch(new Whole(() => runAll(program, { run, ids }, ''))).then(
        () => true,
        () => false,
      );
      const rows = await pool.query<{ name: string }>(`SELECT name FROM ${schema}.rows WHERE run = $1`, [run]);
      const jobs = await pool.query<{ id: string }>(`SELECT id FROM ${schema}_boss.job WHERE id = ANY($1)`, [
        [...ids.keys()],
      ]);
      return {
        isDone,
        rows: rows.rows.map(({ name }) => name.replace(',', ', ')).toSorted(),
        jobs: jobs.rows.map(({ id }) => ids.get(id)!).toSorted(),
        handled: (handled.get(run) ?? []).toSorted(),
      };
    };
  }

  it(`leave what a simple model says (${RUNS} programs)`, async () => {
    const run = await shop();
    const seen = { done: 0, failed: 0, jobs: 0, handled: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async program => {
        const { isDone, rows, jobs, handled } = expectedOf(program);
        const left = await run(program);
        expect(left).toEqual({ isDone, rows: rows.toSorted(), jobs: jobs.toSorted(), handled: handled.toSorted() });
        seen[isDone ? 'done' : 'failed'] += 1;
        seen.jobs += jobs.length;
        seen.handled += handled.length;
      }),
      { numRuns: RUNS },
    );
    // Else the programs would say little.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(RUNS / 20);
    expect(escaped).toEqual([]);
  }, 300_000);

  it('1,000 at once, every second failing, leave exactly the rows, events and jobs of the others', async () => {
    const run = await shop();
    const good: Step[] = [{ do: 'insert' }, { do: 'publish' }, { do: 'enqueue' }];
    const left = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => run(i % 2 === 0 ? good : [...good, { do: 'throw' }])),
    );
    const done = left.filter(({ isDone }) => isDone);
    expect(done).toHaveLength(500);
    for (const each of left)
      expect(each).toMatchObject(
        each.isDone
          ? { rows: ['.0', '.1, checked'], handled: ['.1'], jobs: ['.2'] }
          : { rows: [], handled: [], jobs: [] },
      );
    expect(escaped).toEqual([]);
  }, 300_000);
});
