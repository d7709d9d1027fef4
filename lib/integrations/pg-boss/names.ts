import { createHash } from 'node:crypto';

/** Names of queues in the engine. They hold letters, digits, `_`, `-`, `.` and `/`. */
export class Names {
  /** Of the queues that schedules fill. No queue of messages begins like that. */
  readonly schedules: string;

  constructor(private readonly prefix: string) {
    this.schedules = `${prefix}-schedules.`;
  }

  queue(name: string): string {
    return `${this.prefix}.${encoded(name)}`;
  }

  schedule(name: string): string {
    return `${this.schedules}${encoded(name)}`;
  }
}

/** Two names never get one code: a letter that the engine does not take becomes `/<code point>/`. */
const encoded = (name: string): string =>
  name.replaceAll(/[^\w.-]/gu, letter => `/${letter.codePointAt(0)!.toString(16)}/`);

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The id of a job in the engine: the given one if it is a UUID in lower case, else a UUID (version 5) made of it. */
export function jobId(queue: string, id: string): string {
  if (UUID.test(id)) return id;
  const bytes = createHash('sha1').update(`nestjs-cqrs\0${queue}\0${id}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
