import {
  BadRequestException,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { Command, ContextOrigin, Event, header, type MessageContext, originOfHttp, Query } from 'nestjs-cqrs';
import { Observable } from 'rxjs';

export class AddNote extends Command {
  constructor(readonly text: string) {
    super();
  }
}
export class GetNotes extends Query<string[]> {}
export class NoteAdded extends Event {
  constructor(readonly text: string) {
    super();
  }
}

// #region header
export const tenant = header<string>('x-tenant');

export function tenantOf(context: MessageContext): string {
  const name = context.header(tenant);
  if (name === undefined) throw new BadRequestException('Say which tenant this is for.');
  return name;
}
// #endregion

export const notes = pgTable('notes', { tenant: text().notNull(), text: text().notNull() });

// #region interceptor
/** Takes the place of HttpContextInterceptor: it begins the same context, with the tenant. */
@Injectable()
export class TenantInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler) {
    const request = execution.switchToHttp().getRequest<{ headers: Record<string, string>; tenant: string }>();
    const { correlationId, messageId: causationId, headers } = originOfHttp(request.headers);
    const origin = new ContextOrigin({
      correlationId,
      causationId,
      headers: { ...headers, ...tenant.of(request.tenant) },
    });
    return new Observable(subscriber => origin.run(() => next.handle().subscribe(subscriber)));
  }
}
// #endregion
