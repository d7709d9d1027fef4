import { jest } from '@jest/globals';
import { newerNode } from '../support/newer-node.js';
import { run as runIn, Workspace } from './workspace.js';

jest.setTimeout(240_000);

/** SDK 3 of OpenTelemetry needs Node 22.15; the tests themselves may run on an older one. */
const MAJORS = [22, 24];

const attributes = (operation: string, destination: string, kind: string): string =>
  [
    'messaging_system="nestjs_cqrs"',
    `messaging_operation_name="${operation}"`,
    `messaging_destination_name="${destination}"`,
    `cqrs_message_kind="${kind}"`,
  ].join(',');

const COUNTED: readonly (readonly [operation: string, destination: string, kind: string, more?: string])[] = [
  ['ask', 'Price', 'query'],
  ['execute', 'Bill', 'command', ',error_type="TypeError"'],
  ['process', 'Placed', 'event', ',messaging_destination_subscription_name="function for Placed"'],
  ['execute', 'shop.place', 'command'],
  ['execute', 'Remind', 'command'],
  ['execute', 'Thank', 'command'],
  ['stream', 'Lines', 'query'],
];

const workspace = new Workspace();
let folder: string;

beforeAll(async () => {
  await workspace.pack();
  folder = await workspace.install('telemetry-3');
});

afterAll(() => workspace.remove());

for (const major of MAJORS) {
  const node = newerNode(major);
  const [run, why] =
    node === undefined ? [describe.skip, ` (skipped: npx does not get node@${major})`] : [describe, ''];

  run(`SDK 3 of OpenTelemetry on Node ${major}${why}`, () => {
    it('gets spans that hang together, and metrics on an endpoint for Prometheus', async () => {
      const { code, output } = await runIn(node!, ['main.js'], folder);
      expect({ code, errors: code === 0 ? '' : output }).toEqual({ code: 0, errors: '' });
      expect(JSON.parse(output)).toEqual({
        tree: [
          'execute shop.place',
          '  publish Placed',
          '    process Placed',
          '      execute Bill',
          '    saga Sagas.onPlaced',
          '      execute Thank',
          '    saga Sagas.reminders',
          '      execute Remind',
          '  stream Lines',
          '    ask Price',
        ],
        traces: 1,
        error: 'no money',
        counts: [
          ...COUNTED.map(
            ([operation, destination, kind, more = '']) =>
              `messaging_process_duration_count{${attributes(operation, destination, kind)}${more}} 1`,
          ),
          `messaging_client_sent_messages_total{${attributes('publish', 'Placed', 'event')}} 1`,
        ].toSorted(),
      });
    });
  });
}
