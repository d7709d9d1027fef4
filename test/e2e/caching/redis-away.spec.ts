import { join } from 'node:path';
import { start } from '../../support/application.js';
import { describeWithRedis } from '../../support/brokers.js';
import { escaped } from '../../support/escaped-rejections.js';
import { runProgram } from '../../support/program.js';
import { quietLog } from '../../support/quiet-log.js';
import { until } from '../../support/waiting.js';
import { ReadRow, redisModule, WriteRow } from './redis-application.js';

const program = join(import.meta.dirname, 'closing-program.ts');

describeWithRedis(
  'A cache in Redis that is away when the application starts',
  broker => {
    const startHere = async () => {
      const { Rows, metadata } = redisModule(broker.port, { read: async () => 0 });
      const started = await start(metadata);
      return { ...started, heard: started.app.get(Rows).heard };
    };

    it('is passed by, and its bus hears once Redis is there', async () => {
      const { warn } = quietLog();
      await broker.kill();
      const [one, other] = [await startHere(), await startHere()];
      expect(await one.queries.ask(new ReadRow('early'))).toBe(0);
      // After 20 tries to connect, ioredis rejects what waits.
      const text = 'The bus of the cache does not hear other processes yet, and goes on trying: ';
      const told = () => warn.mock.calls.map(([said]) => String(said)).filter(said => said.startsWith(text));
      await until(() => told().length === 2);
      await broker.startAgain();
      await until(async () => {
        await other.commands.dispatch(new WriteRow('early', 1));
        return one.heard.includes('row:early elsewhere');
      });
      expect(told()).toHaveLength(2);
      expect(escaped).toEqual([]);
    }, 60_000);

    it.each([
      ['at once', 0],
      ['later', 1500],
      ['later, where sentinels are away', 1500, 'sentinels'],
    ])(
      'does not keep the process that closes %s',
      async (_, open, by = 'port') => {
        await broker.kill();
        const { code, signal, output, errors } = await runProgram(
          program,
          [`${broker.port}`, `${open}`, by],
          {},
          45_000,
        );
        await broker.startAgain();
        // ioredis writes what it cannot tell anybody.
        const others = errors.split('\n').filter(line => line !== '' && !/^(\[ioredis\]|\s+at )/.test(line));
        expect({ code, signal, output, others }).toEqual({ code: 0, signal: null, output: 'closed', others: [] });
      },
      60_000,
    );
  },
  { restarts: true },
);
