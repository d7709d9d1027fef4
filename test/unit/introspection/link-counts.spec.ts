import { LinkCounts } from '../../../lib/introspection/link-counts.js';

class Placed {}

describe('LinkCounts', () => {
  it('keeps so many pairs, counts on in those, and tells how many messages had none', () => {
    const counts = new LinkCounts(2);
    const sent = counts.of('event', Placed);
    for (const sender of ['a', 'b', 'c', 'd', 'a']) counts.count(sent, sender);
    expect(counts.all).toEqual([
      {
        kind: 'event',
        type: Placed,
        senders: new Map([
          ['a', 2],
          ['b', 1],
        ]),
      },
    ]);
    expect(counts.missed).toBe(2);
  });

  it('keeps one class apart by kind, and leaves out what was never sent', () => {
    const counts = new LinkCounts();
    expect(counts.of('event', Placed)).toBe(counts.of('event', Placed));
    counts.count(counts.of('command', Placed), 'a');
    expect(counts.all.map(({ kind }) => kind)).toEqual(['command']);
  });
});
