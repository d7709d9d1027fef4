import { EnvelopeException } from '../../../lib/errors/envelope.exception.js';
import { printable } from '../../../lib/errors/printable.js';
import { RemoteException } from '../../../lib/errors/remote.exception.js';
import { RemoteUnavailableException } from '../../../lib/errors/remote-unavailable.exception.js';
import { UnknownMessageException } from '../../../lib/errors/unknown-message.exception.js';

describe('A text from outside', () => {
  it.each([
    ['\u0000', String.raw`\u0000`],
    ['\n', String.raw`\u000a`],
    ['\u001b', String.raw`\u001b`],
    ['\u007f', String.raw`\u007f`],
    ['\u0085', String.raw`\u0085`],
    ['\u009f', String.raw`\u009f`],
    ['\u2028', String.raw`\u2028`],
    ['\u2029', String.raw`\u2029`],
  ])('is told without what moves the cursor: %j', (character, told) => {
    expect(printable(`a${character}b${character}`, 10)).toBe(`a${told}b${told}`);
  });

  it.each([' ', 'ä', '😀', '"', '\\', '\u00a0'])('keeps %j', character => {
    expect(printable(character, 10)).toBe(character);
  });

  it('is cut after its most characters', () => {
    expect(printable('abc', 3)).toBe('abc');
    expect(printable('abcd', 3)).toBe('abc…');
    expect(printable('ab\nd', 3)).toBe(String.raw`ab\u000a…`);
    expect(printable('', 0)).toBe('');
  });
});

describe('A text from another process', () => {
  const remote = (name: string, message: string) => new RemoteException({ name, message }).message;
  const unknown = (name: string) => new UnknownMessageException(name, []).message;
  const unavailable = (why: string) => new RemoteUnavailableException('Pay', 'billing', 'unknown', why).message;

  it.each<[string, number, (text: string) => string]>([
    ['the name of an error', 2048, text => remote(text, 'm')],
    ['the message of an error', 2048, text => remote('n', text)],
    ['the name of a message', 512, unknown],
    ['the reason of a missing answer', 512, unavailable],
  ])('is cut in an error: %s, after %i characters', (_what, most, told) => {
    expect(told('a'.repeat(most))).toMatch(new RegExp(`[^a]a{${most}}[^a…]`));
    expect(told('a'.repeat(most + 1))).toMatch(new RegExp(`[^a]a{${most}}…`));
  });
});

describe('The path in an envelope', () => {
  const MADE = [
    ['malformed', EnvelopeException.malformed],
    ['too large', EnvelopeException.tooLarge],
    ['unserializable', EnvelopeException.unserializable],
  ] as const;

  it.each(MADE)('is told where there is one: %s', (_, make) => {
    expect(make('Odd.', 'payload.a\nb').where).toBe(String.raw`payload.a\u000ab`);
    expect(make('Odd.', '').where).toBe('');
    expect(make('Odd.').where).toBeUndefined();
  });

  it.each(MADE)('is cut after 500 characters: %s', (_, make) => {
    expect(make('Odd.', 'a'.repeat(500)).where).toBe('a'.repeat(500));
    expect(make('Odd.', 'a'.repeat(501)).where).toBe(`${'a'.repeat(500)}…`);
  });

  it('is told in full sentences, each with its remedy', () => {
    const cause = new Error('underneath');
    const malformed = EnvelopeException.malformed('It is odd.', 'meta.name', cause);
    expect(malformed.message).toBe(
      'It is odd. Where: meta.name. Refuse the message, or find out who wrote it: nothing of it has reached a handler. [CQRS_ENVELOPE_MALFORMED]',
    );
    expect(malformed.cause).toBe(cause);
    expect(EnvelopeException.tooLarge('It is deep.').message).toBe(
      'It is deep. Send less, or raise the limits where the envelope is written and read: { limits: { depth, size } }. [CQRS_ENVELOPE_TOO_LARGE]',
    );
    expect(EnvelopeException.unserializable('It is a function.').message).toBe(
      'It is a function. Leave it out, or give its class a toJSON() and a static fromJSON(). [CQRS_UNSERIALIZABLE]',
    );
    expect(EnvelopeException.unserializable('It is a function.', 'payload', 'Do without.').message).toBe(
      'It is a function. Where: payload. Do without. [CQRS_UNSERIALIZABLE]',
    );
  });
});
