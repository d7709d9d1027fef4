import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

describe('sample 03-context', () => {
  let lines: string[];

  beforeAll(async () => {
    const root = join(import.meta.dirname, '../../..');
    const hook = pathToFileURL(join(root, 'test/e2e/faults/compile-hook.mjs')).href;
    const { NODE_OPTIONS: _, ...env } = process.env;
    const program = join(root, 'sample/03-context/src/main.ts');
    const options = { env: { ...env, NO_COLOR: '1' } };
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', hook, program], options);
    lines = stdout.trimEnd().split('\n');
  }, 60_000);

  it('prints the tree of each request: who caused whom, by which handler', () => {
    const tree = lines.slice(lines.indexOf('request ada')).map(line => line.replace(/, [\d.]+ ms$/, ''));
    expect(tree).toEqual([
      'request ada',
      '└─ command PlaceOrder by Orders.place',
      '   ├─ command ReserveStock by Stock.reserve',
      '   │  └─ query GetStock by Stock.left',
      '   ├─ command ChargeCustomer by Orders.charge',
      '   └─ event OrderPlaced by Orders.count',
      '      └─ command SendReceipt by Orders.send',
      'request bob',
      '└─ query GetStock by Stock.left',
    ]);
  });

  it('says how long each took', () => {
    const spans = lines.filter(line => line.includes('─ '));
    expect(spans).toHaveLength(7);
    for (const line of spans) expect(line).toMatch(/, \d+\.\d ms$/);
  });

  it('begins every line of the log with correlation and cause', () => {
    const texts = lines
      .filter(line => /\[(Orders|Stock|OrdersController)\]/.test(line))
      .map(line => line.replace(/^.*?\] \[/, '['));
    expect(texts.toSorted()).toEqual([
      '[ada < OrderPlaced] receipt for o-1 sent',
      '[ada < PlaceOrder] charging o-1, at most 1 s',
      '[ada < PlaceOrder] lamp reserved, 9 left',
      '[ada < PlaceOrder] one more lamp sold',
      '[ada < ReserveStock] counting lamp',
      '[ada < request] order o-1 arrives',
      '[ada < request] placing o-1 for acme',
      '[bob < request] counting lamp',
    ]);
  });
});
