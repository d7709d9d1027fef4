import { cut, redaction } from '../../../lib/telemetry/redacted.js';

const redacted = redaction();

describe('what is kept out of a log', () => {
  it.each([
    'newPassword',
    'password_confirmation',
    'resetToken',
    'client-secret',
    'Proxy-Authorization',
    'password',
    'Password',
    'PASS-WORD',
    'access_token',
    'accessToken',
    'pin',
    'IBAN',
    'set-cookie',
    'Cookie',
    'cvc',
    'CVV',
    'passwordHash',
    'password-repeat',
    'pwd',
    'SSN',
    'x-api-key',
    'cardNumber',
    'awsCredentials',
    'sshPassphrase',
    'rootPasswd',
    'private_key',
  ])('%s', name => {
    expect(redacted({ [name]: 'hunter2', name: 'Ada' })).toEqual({ [name]: '[redacted]', name: 'Ada' });
  });

  it('fields within fields and lists, whatever their value', () => {
    expect(redacted({ user: { password: { a: 1 } }, all: [{ token: undefined }] })).toEqual({
      user: { password: '[redacted]' },
      all: [{ token: '[redacted]' }],
    });
  });

  it('names that are given, written in any way; others stay', () => {
    const own = redaction(['date-of-birth']);
    expect(own({ dateOfBirth: '1.1.', DATE_OF_BIRTH: '1.1.', dateOf: 1 })).toEqual({
      dateOfBirth: '[redacted]',
      DATE_OF_BIRTH: '[redacted]',
      dateOf: 1,
    });
    const others = { passwords: 1, tokens: 2, spin: 3, urban: 4, secretary: 5 };
    expect(redacted(others)).toEqual(others);
  });
});

describe('what a log can bear', () => {
  it('texts of 500 letters; of longer ones the beginning, and how long they are', () => {
    expect(cut('x'.repeat(500))).toBe('x'.repeat(500));
    expect(redacted('x'.repeat(501))).toBe(`${'x'.repeat(500)}… (501 letters)`);
  });

  it('50 entries; of more it tells how many', () => {
    const list = Array.from({ length: 51 }, (_, i) => i);
    expect(redacted(list.slice(1))).toEqual(list.slice(1));
    expect(redacted(list)).toEqual([...list.slice(0, 50), '[1 more]']);
    const object = Object.fromEntries(list.map(i => [`f${i}`, i]));
    const result = redacted(object) as Record<string, unknown>;
    expect([Object.keys(result).length, result['…'], result['f49'], result['f50']]).toEqual([
      51,
      '[1 more]',
      49,
      undefined,
    ]);
  });

  it('five levels; what is deeper is named', () => {
    const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
    expect(redacted(deep(4))).toEqual(deep(4));
    expect(redacted({ a: { a: { a: { a: { a: { b: 1 }, l: [1] } } } } })).toEqual({
      a: { a: { a: { a: { a: '[object]', l: '[list]' } } } },
    });
  });

  it('what contains itself; the same object twice is shown twice', () => {
    const own: Record<string, unknown> = { a: 1 };
    own['self'] = own;
    expect(redacted(own)).toEqual({ a: 1, self: '[circular]' });
    const shared = { a: 1 };
    expect(redacted([shared, shared])).toEqual([shared, shared]);
  });

  it.each<[string, unknown, unknown]>([
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date that is none', new Date(Number.NaN), '[no date]'],
    ['a big integer', 5n, '5n'],
    ['a symbol', Symbol('x'), '[symbol]'],
    ['a function', () => 1, '[function]'],
    ['null', null, null],
    ['a number', 1.5, 1.5],
    ['undefined', undefined, undefined],
    ['bytes', new Uint16Array(3), '[6 bytes]'],
    ['a map', new Map([[1, 2]]), '[1 entries]'],
    ['a set', new Set([1, 2]), '[2 entries]'],
    ['a proxy', new Proxy({ a: 1 }, {}), '[proxy]'],
  ])('%s', (_title, value, text) => {
    expect(redacted(value)).toEqual(text);
    expect(redacted({ value })).toEqual({ value: text });
  });

  it('getters are named, not called; setters alone are undefined', () => {
    let calls = 0;
    const value = Object.defineProperties({} as Record<string, unknown>, {
      one: { enumerable: true, get: () => (calls += 1) },
      other: { enumerable: true, set: () => undefined },
    });
    expect(redacted(value)).toEqual({ one: '[getter]', other: undefined });
    expect(calls).toBe(0);
  });

  it('a proxy of a date, and whatever else throws, is told and does no harm', () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(redacted(proxy)).toBe('[proxy]');
    expect(redacted({ a: { b: { c: { d: { e: proxy } } } } })).toBe('[cannot be read: TypeError]');
  });
});
