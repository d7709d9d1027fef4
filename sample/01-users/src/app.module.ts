import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { CqrsModule } from 'nestjs-cqrs';
import { AuditMiddleware } from './audit/audit.middleware.js';
import { AuditModule } from './audit/audit.module.js';
import { timing } from './timing.js';
import { UsersModule } from './users/users.module.js';

@Module({
  imports: [
    CqrsModule.forRoot({
      middleware: [timing],
      commands: { middleware: [AuditMiddleware] },
    }),
    AuditModule,
    UsersModule,
  ],
  providers: [{ provide: APP_PIPE, useValue: new ValidationPipe({ transform: true }) }],
})
export class AppModule {}
