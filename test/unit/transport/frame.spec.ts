import { readControl, readReply, readRequest } from '../../../lib/transport/frame.js';

const envelope = { meta: { name: 'users.create' }, payload: {} };

/** Nothing but a number of milliseconds or rows. */
const STRANGE: unknown[] = [null, '5', true, [], {}, NaN, Infinity, -Infinity, -1];

const malformed = (what: string) => expect.objectContaining({ code: 'CQRS_ENVELOPE_MALFORMED', what, where: 'frame' });

describe('A frame that asks', () => {
  it.each(['command', 'query', 'event'])('has a kind and an envelope: %s', kind => {
    const request = readRequest({ kind, envelope });
    expect(request).toStrictEqual({ kind, envelope });
    expect(Object.keys(request)).toEqual(['kind', 'envelope']);
  });

  it('may have times, a wish to cancel, and rows; everything else is dropped', () => {
    const frame = {
      kind: 'query',
      envelope,
      timeout: 0,
      expires: 1.5,
      cancellable: true,
      rows: { credit: 0, alive: 1, more: 1 },
      other: 1,
    };
    expect(readRequest(frame)).toStrictEqual({
      kind: 'query',
      envelope,
      timeout: 0,
      expires: 1.5,
      cancellable: true,
      rows: { credit: 0, alive: 1 },
    });
  });

  it.each([undefined, false, null, 1, 'true'])('can be cancelled only where it says true, not %p', cancellable => {
    expect(readRequest({ kind: 'command', envelope, cancellable })).toStrictEqual({ kind: 'command', envelope });
  });

  it.each([undefined, null, 'text', 42, [], [envelope], () => envelope])('is an object, not %p', frame => {
    expect(() => readRequest(frame)).toThrow(malformed('A request must be an object.'));
  });

  it.each([undefined, null, '', 'Command', 'saga', 1, ['command']])('is not of the kind %p', kind => {
    expect(() => readRequest({ kind, envelope })).toThrow(malformed('A request must say its kind.'));
  });

  it.each([undefined, null, 'text', 42, []])('does not hold the envelope %p', given => {
    expect(() => readRequest({ kind: 'command', envelope: given })).toThrow(
      malformed('A request must hold an envelope.'),
    );
  });

  it.each(STRANGE)('has no time %p', time => {
    expect(() => readRequest({ kind: 'command', envelope, timeout: time })).toThrow(
      malformed('The timeout of a request must be a time.'),
    );
    expect(() => readRequest({ kind: 'command', envelope, expires: time })).toThrow(
      malformed('The end of a request must be a time.'),
    );
  });

  it.each([null, 64, 'all', true, []])('does not ask for the rows %p', rows => {
    expect(() => readRequest({ kind: 'query', envelope, rows })).toThrow(
      malformed('The rows of a request must be an object.'),
    );
  });

  it.each([...STRANGE, undefined, 0.5, 1025].map(value => [value]))('does not ask for %p rows', credit => {
    expect(() => readRequest({ kind: 'query', envelope, rows: { credit, alive: 100 } })).toThrow(
      malformed('The rows of a request must say credit and time.'),
    );
  });

  it.each([...STRANGE, undefined, 0, 0.99].map(value => [value]))(
    'does not say every %p ms that it is there',
    alive => {
      expect(() => readRequest({ kind: 'query', envelope, rows: { credit: 1, alive } })).toThrow(
        malformed('The rows of a request must say credit and time.'),
      );
    },
  );

  it('says so no later than timers can', () => {
    const alive = 2 ** 31 - 1;
    expect(readRequest({ kind: 'query', envelope, rows: { credit: 1, alive } }).rows).toStrictEqual({
      credit: 1,
      alive,
    });
    expect(() => readRequest({ kind: 'query', envelope, rows: { credit: 1, alive: alive + 1 } })).toThrow(
      malformed('The rows of a request must say credit and time.'),
    );
  });

  it('asks for 1,024 rows at most', () => {
    const rows = { credit: 1024, alive: 1 };
    expect(readRequest({ kind: 'query', envelope, rows }).rows).toStrictEqual(rows);
  });

  it('says nothing by what its prototype has', () => {
    const inherited = Object.create({ kind: 'command', envelope }) as object;
    expect(() => readRequest(inherited)).toThrow(malformed('A request must say its kind.'));
  });
});

describe('A frame that controls', () => {
  it('names a call, and may ask for rows', () => {
    expect(readControl({ call: 'c1', other: 1 })).toStrictEqual({ call: 'c1' });
    expect(readControl({ call: '', rows: 0 })).toStrictEqual({ call: '', rows: 0 });
    expect(readControl({ call: 'c1', rows: 2 ** 40 })).toStrictEqual({ call: 'c1', rows: 2 ** 40 });
  });

  it.each([undefined, null, 'c1', 42, [], {}, { call: 1 }, { rows: 1 }, Object.create({ call: 'c1' })])(
    'is not %p',
    frame => {
      expect(readControl(frame)).toBeUndefined();
    },
  );

  it.each([...STRANGE, 0.5, 2 ** 53].map(value => [value]))('does not ask for %p rows', rows => {
    expect(readControl({ call: 'c1', rows })).toBeUndefined();
  });
});

describe('A frame that replies', () => {
  it.each([
    { ok: true },
    { ok: true, value: { a: 1 } },
    { ok: false, error: { name: 'Error', message: '' } },
    { ok: false, refused: true, error: { name: 'Error', message: 'x', code: 'E1', fields: {} } },
    { accepted: 'process', call: 'c1' },
    { accepted: 'a'.repeat(64), call: 'Ab_9-' },
    { rows: [] },
    { rows: [1, 2] },
    { alive: true },
  ])('is taken as it is: %j', frame => {
    expect(readReply(frame)).toBe(frame);
  });

  it.each([undefined, null, 'ok', 42, true, []])('is an object, not %p', frame => {
    expect(() => readReply(frame)).toThrow(malformed('A reply must be an object.'));
  });

  it.each([
    {},
    { ok: 1 },
    { ok: 'true' },
    { ok: false },
    { ok: false, error: 'text' },
    { ok: false, error: null },
    { ok: false, error: [] },
    { ok: false, error: { name: 'Error' } },
    { ok: false, error: { message: 'x' } },
    { ok: false, error: { name: 1, message: 'x' } },
    { ok: false, error: { name: 'Error', message: 1 } },
    { ok: false, error: { name: 'Error', message: 'x', code: 1 } },
    { ok: false, error: { name: 'Error', message: 'x', code: null } },
    { error: { name: 'Error', message: 'x' } },
    { accepted: 'process' },
    { call: 'c1' },
    { accepted: 1, call: 'c1' },
    { accepted: 'process', call: 1 },
    { accepted: '', call: 'c1' },
    { accepted: 'process', call: '' },
    { accepted: 'a'.repeat(65), call: 'c1' },
    { accepted: 'process', call: 'c'.repeat(65) },
    { accepted: 'a.b', call: 'c1' },
    { accepted: 'process', call: '*' },
    { accepted: 'a b', call: 'c1' },
    { accepted: 'process', call: 'c1\n' },
    { rows: 1 },
    { rows: { length: 0 } },
    { alive: 1 },
    { alive: false },
    Object.create({ ok: true }) as object,
    { ok: false, error: Object.create({ name: 'Error', message: 'x' }) as object },
  ])('is not %j', frame => {
    expect(() => readReply(frame)).toThrow(malformed('A reply must hold a result, a failure or rows.'));
  });
});
