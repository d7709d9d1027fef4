/** PostgreSQL plans it once for each connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** What is used of a client of `pg`. */
export interface PgClient {
  query(statement: string | NamedStatement, values?: unknown[]): Promise<{ rows: unknown[]; command?: string }>;
  release(error?: Error | boolean): void;
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
}

/** What is used of a pool of `pg`. */
export interface PgPool {
  connect(): Promise<PgClient>;
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}
