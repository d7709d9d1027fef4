import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

describe('sample 04-envelopes', () => {
  it('reads version 1 with the code of version 2, and refuses what it cannot know', async () => {
    const root = join(import.meta.dirname, '../../..');
    const hook = pathToFileURL(join(root, 'test/e2e/faults/compile-hook.mjs')).href;
    const { NODE_OPTIONS: _, ...env } = process.env;
    const program = join(root, 'sample/04-envelopes/src/main.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', hook, program], { env });
    const [written, read] = stdout.trimEnd().split('Read by version 2:\n') as [string, string];
    expect(written).toContain('"name":"shop.order-placed","version":1,"headers":{"tenant":"acme"}');
    expect(read.split('\n')).toEqual([
      'shop.order.placed v2 for acme: o-1 by Ada Lovelace (AL), 1 articles for 1999 cents at 2024-01-02T03:04:05.000Z',
      'shop.order.placed v2 for acme: o-2 by Alan Turing (AT), 9999 articles for 18446744073709551616 cents at 2024-01-02T03:04:06.000Z',
      'shop.order.placed v2 for acme: o-3 by Grace Hopper (GH), 2 articles for 500 cents at 1970-01-01T00:00:00.000Z',
      'refused: CQRS_MESSAGE_FROM_THE_FUTURE, "shop.order.placed" arrived in version 3, but this process knows it up to version 2.',
      'refused: CQRS_UNKNOWN_MESSAGE, No message is known by the name "shop.order.paced"; near names: shop.order.placed, shop.order-placed.',
      'refused: CQRS_ENVELOPE_MALFORMED, An object in an envelope must not have a field "__proto__".',
    ]);
  }, 60_000);
});
