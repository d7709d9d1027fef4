import { Query } from 'nestjs-cqrs';

/** One command that ran. */
export interface AuditEntry {
  /** The identifier of the dispatch. */
  readonly id: string;
  readonly at: Date;
  readonly command: string;
  readonly outcome: string;
}

/** The latest entries, the newest first. */
export class GetAuditTrail extends Query<AuditEntry[]> {
  constructor(readonly limit: number) {
    super();
  }
}
