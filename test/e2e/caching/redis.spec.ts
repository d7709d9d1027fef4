import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { start } from '../../support/application.js';
import { describeWithRedis } from '../../support/brokers.js';
import { compileHook } from '../../support/program.js';
import { quiet, until } from '../../support/waiting.js';
import { ReadRow, redisModule, WriteRow } from './redis-application.js';

/** A process of its own, whose clock is behind by five seconds. */
class Other {
  private count = 0;

  constructor(readonly child: ChildProcess) {}

  async do(what: string, row = '', version = 0): Promise<unknown> {
    const id = (this.count += 1);
    this.child.send({ id, what, row, version });
    for (;;) {
      const [said] = (await once(this.child, 'message')) as [{ id: number; result?: unknown; error?: string }];
      if (said.error !== undefined) throw new Error(said.error);
      if (said.id === id) return said.result;
    }
  }
}

describeWithRedis(
  'Two processes with one cache in Redis',
  broker => {
    let other: Other;
    const versions = new Map<string, number>();

    beforeAll(async () => {
      const child = fork(join(import.meta.dirname, 'redis-program.ts'), [`${broker.port}`, '-5000'], {
        execArgv: ['--import', compileHook],
      });
      other = new Other(child);
      await once(child, 'message');
    }, 60_000);

    afterAll(() => void other.child.kill());

    const startHere = async () => {
      const { Rows, metadata } = redisModule(broker.port, { read: async row => versions.get(row) ?? 0 });
      const started = await start(metadata);
      const ask = (row: string) => started.queries.ask(new ReadRow(row));
      const know = async (row: string, version: number) => {
        versions.set(row, version);
        await other.do('know', row, version);
      };
      const rows = started.app.get(Rows);
      // The bus of BentoCache does not tell when it has subscribed, and must not be closed before.
      await until(async () => {
        await other.do('write', 'hello');
        return rows.heard.length > 0;
      });
      return { ...started, rows, ask, know };
    };

    it('one gets what the other has read', async () => {
      const { ask, know, rows } = await startHere();
      await know('shared', 1);
      expect(await other.do('ask', 'shared')).toBe(1);
      await until(async () => (await ask('shared')) === 1 && rows.runs < 2);
      const { runs } = rows;
      expect(await ask('shared')).toBe(1);
      expect(rows.runs).toBe(runs);
    }, 30_000);

    it.each(['here', 'other'])(
      'both see what is written, soon: %s',
      async where => {
        const { ask, know, commands, rows } = await startHere();
        const row = `written ${where}`;
        await know(row, 1);
        expect([await ask(row), await other.do('ask', row)]).toEqual([1, 1]);
        await know(row, 2);
        if (where === 'here') await commands.dispatch(new WriteRow(row, 2));
        else await other.do('write', row, 2);
        await until(async () => (await ask(row)) === 2 && (await other.do('ask', row)) === 2);
        const heard = where === 'here' ? await other.do('heard') : rows.heard;
        expect(heard).toContain(`row:${row} elsewhere`);
      },
      30_000,
    );

    it('a run that began before the touch of another process leaves nothing old', async () => {
      const { ask, know, commands } = await startHere();
      await know('held', 1);
      await other.do('hold');
      const before = other.do('ask', 'held');
      await quiet();
      await know('held', 2);
      await commands.dispatch(new WriteRow('held', 2));
      await other.do('release');
      expect([1, 2]).toContain(await before);
      await until(async () => (await ask('held')) === 2 && (await other.do('ask', 'held')) === 2);
      for (let i = 0; i < 20; i++) expect([await ask('held'), await other.do('ask', 'held')]).toEqual([2, 2]);
    }, 30_000);

    it('without Redis both answer, each sees its own writes, and later those of the other', async () => {
      const { ask, know, commands, log } = await startHere();
      await know('lost', 1);
      expect([await ask('lost'), await other.do('ask', 'lost')]).toEqual([1, 1]);
      await broker.kill();
      expect([await ask('lost'), await other.do('ask', 'lost')]).toEqual([1, 1]);
      await know('lost', 2);
      await commands.dispatch(new WriteRow('lost', 2));
      expect(await ask('lost')).toBe(2);
      await broker.startAgain();
      await until(async () => (await other.do('ask', 'lost')) === 2);
      expect(await ask('lost')).toBe(2);
      expect(log.warnings).toHaveLength(1);
      expect(log.warnings[0]).toMatch(/^The cache BentoCache is out of order/);
    }, 60_000);
  },
  { restarts: true },
);
