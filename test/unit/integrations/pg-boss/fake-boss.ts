import type { AnyPgBoss } from '../../../../lib/integrations/pg-boss/boss.js';
import { Engine } from '../../../../lib/integrations/pg-boss/engine.js';
import { statements, type Statements } from '../../../../lib/integrations/pg-boss/statements.js';
import type { FetchedJob } from '../../../../lib/integrations/pg-boss/stored-job.js';

type Statement = keyof Statements;

const SCHEMA = 'fake';

/** A boss without a database: the test answers its statements. */
export class FakeBoss implements AnyPgBoss {
  /** Statements that ran, with their values. */
  readonly ran: (readonly [Statement, readonly unknown[]])[] = [];
  readonly log: unknown[] = [];
  /** What `Engine` was told to report. */
  readonly reported: string[] = [];
  readonly listeners: ((error: Error) => void)[] = [];
  /** Rows; or throws. */
  answer: (statement: Statement, values: readonly unknown[]) => unknown = () => [];
  starting: () => Promise<unknown> = async () => undefined;
  fetching: (options: { db?: { executeSql(text: string): Promise<unknown> } }) => Promise<object[]> = async () => [];
  database: { opened?: boolean; config?: object } = {};
  known: { policy?: string } | null = null;
  private readonly names: ReadonlyMap<string, Statement>;

  constructor(readonly major: 10 | 12 = 12) {
    const texts = Object.entries(statements(SCHEMA, major)) as [Statement, string][];
    this.names = new Map(texts.map(([name, text]) => [text, name]));
  }

  async start(): Promise<unknown> {
    this.log.push('start');
    return this.starting();
  }

  async stop(options: object): Promise<void> {
    this.log.push(['stop', options]);
  }

  on(_event: 'error', listener: (error: Error) => void): void {
    this.listeners.push(listener);
  }

  listenerCount(): number {
    return this.listeners.length;
  }

  getDb() {
    const executeSql = async (text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> => {
      const name = this.names.get(text)!;
      this.ran.push([name, values]);
      const rows = (await this.answer(name, values)) as unknown[] | undefined;
      return (rows && { rows }) as { rows: unknown[] };
    };
    return Object.assign(this.database, { executeSql });
  }

  async createQueue(name: string, options: object): Promise<void> {
    this.log.push(['createQueue', name, options]);
  }

  async getQueue(name: string): Promise<{ policy?: string } | null> {
    this.log.push(['getQueue', name]);
    return this.known;
  }

  async fetch(name: string, options: object): Promise<object[]> {
    this.log.push(['fetch', name, options]);
    return this.fetching(options);
  }

  async schedule(...given: unknown[]): Promise<void> {
    this.log.push(['schedule', ...given]);
  }

  async unschedule(name: string): Promise<void> {
    this.log.push(['unschedule', name]);
  }

  /** An engine on it that is not started. */
  engine(): Engine {
    return new Engine({ boss: this, major: this.major, schema: SCHEMA });
  }

  /** A started one, whose reports are kept. */
  async started(): Promise<Engine> {
    const engine = this.engine();
    await engine.start(problem => void this.reported.push(problem));
    this.log.length = 0;
    return engine;
  }

  /** Names of the statements that ran. */
  get statements(): Statement[] {
    return this.ran.map(([name]) => name);
  }
}

/** As `fetch` gives it, at its first attempt of four. */
export const fetchedJob = (change: Partial<FetchedJob> = {}): FetchedJob => ({
  id: 'a',
  data: { retry: { limit: 3, delay: 2000, backoff: false, maxDelay: 0 }, data: { kind: 'command' } },
  retryCount: 0,
  retryLimit: 3,
  retryDelay: 2,
  retryBackoff: false,
  createdOn: new Date(0),
  startedOn: new Date(7),
  output: null,
  ...change,
});
