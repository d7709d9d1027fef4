import { Controller, Get } from '@nestjs/common';
import { QueryBus } from 'nestjs-cqrs';
import { GetAuditTrail, type AuditEntry } from './get-audit-trail.query.js';

/** Shows what the audit middleware has written down. */
@Controller('audit')
export class AuditController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  latest(): Promise<AuditEntry[]> {
    return this.queries.ask(new GetAuditTrail(100));
  }
}
