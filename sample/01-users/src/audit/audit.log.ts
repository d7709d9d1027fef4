import { PGlite } from '@electric-sql/pglite';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { QueryHandler } from 'nestjs-cqrs';
import { GetAuditTrail, type AuditEntry } from './get-audit-trail.query.js';

/** Which commands ran and how they ended, in a table. */
@Injectable()
export class AuditLog implements OnModuleInit {
  constructor(private readonly database: PGlite) {}

  async onModuleInit(): Promise<void> {
    await this.database.exec(`
      CREATE TABLE IF NOT EXISTS audit (
        id text PRIMARY KEY, at timestamptz NOT NULL, command text NOT NULL, outcome text NOT NULL
      );
    `);
  }

  async write({ id, at, command, outcome }: AuditEntry): Promise<void> {
    await this.database.query('INSERT INTO audit (id, at, command, outcome) VALUES ($1, $2, $3, $4)', [
      id,
      at,
      command,
      outcome,
    ]);
  }

  // #region method-handler
  @QueryHandler(GetAuditTrail)
  async latest({ limit }: GetAuditTrail): Promise<AuditEntry[]> {
    const { rows } = await this.database.query<AuditEntry>(
      'SELECT id, at, command, outcome FROM audit ORDER BY at DESC LIMIT $1',
      [limit],
    );
    return rows;
  }
  // #endregion
}
