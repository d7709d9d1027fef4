import { appendFileSync, readFileSync } from 'node:fs';

/** One line of the file. */
export interface Entry {
  /** `begun`: a handler was called. `effect`: its work is done. `ended`: it has returned. `failed`: it has thrown. */
  readonly what: 'begun' | 'effect' | 'ended' | 'failed';
  readonly handler: string;
  /** Of the order that the message is about. */
  readonly n: number;
  /** Of the job. */
  readonly id: string;
  readonly attempt: number;
  readonly process: number;
}

/**
 * What handlers have done, in a file that all processes append to. It is no part of any engine, and what was written is
 * still there when the process that wrote it is killed.
 */
export class Effects {
  constructor(readonly file: string) {
    appendFileSync(file, '');
  }

  write(entry: Omit<Entry, 'process'>): void {
    appendFileSync(this.file, `${JSON.stringify({ ...entry, process: process.pid })}\n`);
  }

  read(): Entry[] {
    return readFileSync(this.file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Entry);
  }
}
