import { types } from 'node:util';

/** Names of fields whose values are never logged, in small letters and without `-` and `_`. */
const SECRET = [
  'cookie',
  'cvc',
  'cvv',
  'iban',
  'passwordconfirmation',
  'passwordhash',
  'passwordrepeat',
  'pin',
  'pwd',
  'setcookie',
  'ssn',
];

/** They may have something before them: `newPassword`. Shorter ones are ends of other words too. */
const SECRET_ENDS = [
  'apikey',
  'authorization',
  'cardnumber',
  'credentials',
  'passphrase',
  'passwd',
  'password',
  'privatekey',
  'secret',
  'token',
];

const REDACTED = '[redacted]';

/** What a log line can bear: longer texts and lists are cut, deeper objects are named only. */
const MOST_LETTERS = 500;
const MOST_ENTRIES = 50;
const MOST_DEPTH = 5;

/** Copies values for a log. Never throws, and calls no code of the value but methods of dates, and `size` of maps and sets. */
export type Redaction = (value: unknown) => unknown;

/** @param more names of fields to keep out, beside the known ones */
export function redaction(more: readonly string[] = []): Redaction {
  const secret = new Set([...SECRET, ...more.map(plain)]);
  const isSecret = (name: string) => secret.has(name) || SECRET_ENDS.some(end => name.endsWith(end));
  const copied = (value: unknown, above: readonly object[]): unknown => {
    if (typeof value === 'string') return cut(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'symbol' || typeof value === 'function') return `[${typeof value}]`;
    if (typeof value !== 'object' || value === null) return value;
    if (types.isDate(value)) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
    if (above.includes(value)) return '[circular]';
    if (above.length === MOST_DEPTH) return Array.isArray(value) ? '[list]' : '[object]';
    return entries(value, [...above, value]);
  };
  const entries = (value: object, above: readonly object[]): unknown => {
    if (types.isProxy(value)) return '[proxy]';
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (types.isMap(value) || types.isSet(value)) return `[${value.size} entries]`;
    const isList = Array.isArray(value);
    const names = Object.keys(value).slice(0, MOST_ENTRIES);
    const pairs = names.map(name => [
      name,
      !isList && isSecret(plain(name)) ? REDACTED : copied(own(value, name), above),
    ]);
    const left = Object.keys(value).length - names.length;
    if (isList) return [...pairs.map(([, entry]) => entry), ...(left > 0 ? [`[${left} more]`] : [])];
    return Object.fromEntries(left > 0 ? [...pairs, ['…', `[${left} more]`]] : pairs);
  };
  return value => {
    try {
      return copied(value, []);
    } catch (error) {
      return `[cannot be read: ${error instanceof Error ? error.name : typeof error}]`;
    }
  };
}

/** Getters are named, not called: they may have effects. */
function own(value: object, name: string): unknown {
  const described = Object.getOwnPropertyDescriptor(value, name);
  return described?.get === undefined ? described?.value : '[getter]';
}

export const cut = (text: string): string =>
  text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS)}… (${text.length} letters)`;

const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');
