import type { MessageContext } from '../../../../lib/index.js';
import { FlowLog } from '../../../../lib/testing/flow/flow-log.js';
import { KnownFlows } from '../../../../lib/testing/flow/known-flows.js';
import { RecordedMessage } from '../../../../lib/testing/flow/recorded.js';

class Ship {}

/** As of a message that came through a store: its parent is in no flow. */
const contextOf = (ids: { readonly messageId?: string; readonly causationId?: string }): MessageContext =>
  ({
    messageId: 'another',
    causationId: undefined,
    parent: undefined,
    shared: {},
    ...ids,
  }) as unknown as MessageContext;

function openedFlow(flows: KnownFlows, messageId: string): FlowLog {
  const flow = new FlowLog(`command ${messageId}`, []);
  const context = contextOf({ messageId });
  flow.add(new RecordedMessage({ kind: 'command', message: new Ship(), context, cause: undefined, by: undefined }));
  flows.opened(flow);
  return flow;
}

describe('what is known of the flows of an application', () => {
  it('the last 200 messages that passed', () => {
    const flows = new KnownFlows();
    const messages = Array.from({ length: 250 }, () => new Ship());
    for (const message of messages) flows.passed('command', message, undefined);
    expect(flows.recent).toHaveLength(200);
    expect([flows.recent[0]!.message === messages[50], flows.recent[199]!.message === messages[249]]).toEqual([
      true,
      true,
    ]);
  });

  it('the last 50 flows, by the id of one of their messages, or of what has caused it', () => {
    const flows = new KnownFlows();
    const all = Array.from({ length: 60 }, (_, i) => openedFlow(flows, `m${i}`));
    const flowOf = (ids: { readonly messageId?: string; readonly causationId?: string }) =>
      flows.causeOf(contextOf(ids))?.flow;
    expect([9, 10, 59].map(i => flowOf({ messageId: `m${i}` }))).toEqual([undefined, all[10], all[59]]);
    expect([9, 10, 59].map(i => flowOf({ causationId: `m${i}` }))).toEqual([undefined, all[10], all[59]]);
    expect([flowOf({}), flows.causeOf(undefined)]).toEqual([undefined, undefined]);
  });
});
