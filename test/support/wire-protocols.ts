import { createHash } from 'node:crypto';
import type { Protocol, Step } from './cutting-proxy.js';

/** Of PostgreSQL. A step is a statement, named by `kindOf`. */
export const postgresProtocol = (kindOf: (sql: string) => string | undefined): Protocol => ({
  reader() {
    let rest = Buffer.alloc(0);
    let isStarted = false;
    return data => {
      rest = Buffer.concat([rest, data]);
      const steps: Step[] = [];
      for (;;) {
        // The first message has no letter before its length.
        const letter = isStarted ? 1 : 0;
        if (rest.length < letter + 4) return steps;
        const length = letter + rest.readInt32BE(letter);
        if (rest.length < length) return steps;
        const bytes = rest.subarray(0, length);
        rest = rest.subarray(length);
        const sql = isStarted ? sqlOf(bytes) : undefined;
        isStarted = true;
        steps.push({ bytes, kind: sql === undefined ? undefined : kindOf(sql) });
      }
    };
  },
  /** `ReadyForQuery`, the last message of an answer. */
  answered() {
    let end = Buffer.alloc(0);
    return data => {
      end = Buffer.concat([end, data]).subarray(-6);
      return end.length === 6 && end.subarray(0, 5).equals(READY);
    };
  },
});

const READY = Buffer.from([0x5a, 0, 0, 0, 5]);

/** The text of `Query` and of `Parse`, which has the name of the statement before it. */
function sqlOf(message: Buffer): string | undefined {
  const letter = String.fromCharCode(message[0]!);
  if (letter === 'Q') return message.toString('utf8', 5, message.length - 1);
  if (letter !== 'P') return undefined;
  const begin = message.indexOf(0, 5) + 1;
  return message.toString('utf8', begin, message.indexOf(0, begin));
}

/** A word that Redis gives back: what was sent before is done then. */
const MARK = 'cut-here-0f3a';

/** Of Redis. A step is a command; a script is named by its first comment, once it has been sent as a whole. */
export function redisProtocol(): Protocol {
  const names = new Map<string, string>();
  const kindOf = ([command = '', script = '']: readonly string[]): string => {
    const name = command.toLowerCase();
    if (name === 'evalsha') return `script ${names.get(script) ?? script.slice(0, 6)}`;
    if (name !== 'eval') return name;
    const digest = createHash('sha1').update(script).digest('hex');
    names.set(digest, /--\[\[\s*(.+)/.exec(script)?.[1]?.trim() ?? digest.slice(0, 6));
    return `script ${names.get(digest)}`;
  };
  return {
    reader() {
      let rest = Buffer.alloc(0);
      return data => {
        rest = Buffer.concat([rest, data]);
        const steps: Step[] = [];
        for (;;) {
          const read = commandIn(rest);
          if (read === undefined) return steps;
          steps.push({ bytes: rest.subarray(0, read.length), kind: kindOf(read.words) });
          rest = rest.subarray(read.length);
        }
      };
    },
    probe: Buffer.from(`*2\r\n$4\r\nECHO\r\n$${MARK.length}\r\n${MARK}\r\n`),
    answered() {
      let end = '';
      return data => {
        end = (end + data.toString('latin1')).slice(-1000);
        // Within a transaction the answer is QUEUED: nothing of it is done yet.
        return end.includes(MARK) || end.endsWith('+QUEUED\r\n');
      };
    },
  };
}

/** The first command, as an array of texts: `*2\r\n$4\r\nECHO\r\n…`. Undefined as long as it is not whole. */
function commandIn(data: Buffer): { words: string[]; length: number } | undefined {
  let at = 0;
  const number = (): number | undefined => {
    const end = data.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const found = Number(data.toString('latin1', at + 1, end));
    at = end + 2;
    return found;
  };
  const count = number();
  if (count === undefined) return undefined;
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    const size = number();
    if (size === undefined || data.length < at + size + 2) return undefined;
    words.push(data.toString('utf8', at, at + size));
    at += size + 2;
  }
  return { words, length: at };
}
