import { appendFileSync, existsSync, readFileSync } from 'node:fs';

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

  /** Writes down what reaches the end of this process. */
  watchEscaped(): void {
    for (const event of ['unhandledRejection', 'uncaughtException', 'warning'])
      process.on(event, reason => appendFileSync(this.escapedFile, `${event}: ${String(reason?.stack ?? reason)}\n`));
  }

  /** In all processes that watch. */
  get escaped(): string {
    return existsSync(this.escapedFile) ? readFileSync(this.escapedFile, 'utf8') : '';
  }

  private get escapedFile(): string {
    return `${this.file}.escaped`;
  }

  read(): Entry[] {
    return readFileSync(this.file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Entry);
  }
}
