import { Module } from '@nestjs/common';
import { CqrsModule } from 'nestjs-cqrs';
import { DatabaseModule } from '../database/database.module.js';
import { AuditController } from './audit.controller.js';
import { AuditLog } from './audit.log.js';
import { AuditMiddleware } from './audit.middleware.js';

@Module({
  imports: [CqrsModule, DatabaseModule],
  controllers: [AuditController],
  providers: [AuditLog, AuditMiddleware],
})
export class AuditModule {}
