import { Desk } from '../../../../lib/testing/conformance/desk.js';
import type { ConformanceNote } from '../../../../lib/testing/conformance/adapter.js';

const deskAndNotes = () => {
  const notes: ConformanceNote[] = [];
  return { desk: new Desk(note => notes.push(note)), notes };
};

const reason = new Error('the caller has left');
const open = () => new AbortController();

describe('a handler of the suite that waits', () => {
  it('ends when its key is released, and with no other one', async () => {
    const { desk, notes } = deskAndNotes();
    const waiting = desk.wait('a', open().signal);
    desk.release('b');
    await new Promise(resolve => setImmediate(resolve));
    expect(notes).toEqual([{ what: 'started', key: 'a' }]);
    desk.release('a');
    await waiting;
    expect(notes[1]).toEqual({ what: 'ended', key: 'a', detail: 'released' });
  });

  it('does not begin to wait for a key that has been released', async () => {
    const { desk, notes } = deskAndNotes();
    desk.release('a');
    await desk.wait('a', open().signal);
    expect(notes).toEqual([{ what: 'ended', key: 'a', detail: 'released' }]);
  });

  it('fails with the reason when it is aborted', async () => {
    const { desk, notes } = deskAndNotes();
    const caller = open();
    const waiting = desk.wait('a', caller.signal);
    caller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(notes.map(({ what, detail }) => [what, detail])).toEqual([
      ['started', undefined],
      ['ended', 'aborted'],
    ]);
  });

  it('fails at once if it has been aborted before, and tells that it was called', async () => {
    const { desk, notes } = deskAndNotes();
    await expect(desk.wait('a', AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(notes.map(({ what, detail }) => [what, detail])).toEqual([
      ['started', undefined],
      ['ended', 'aborted'],
    ]);
  });
});
