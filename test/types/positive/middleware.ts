import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  Middleware,
  UseMiddleware,
  type CqrsMiddleware,
  type MessageContext,
  type MiddlewareFunction,
  type MiddlewareReference,
  type Next,
} from 'nestjs-cqrs';

class AuditLog {
  write(...texts: unknown[]): number {
    return texts.length;
  }
}

@Injectable()
export class Audit implements CqrsMiddleware {
  constructor(private readonly log: AuditLog) {}

  async intercept(message: object, next: Next, context: MessageContext) {
    const result = await next(message);
    this.log.write(context.type.name, context.correlationId);
    return result;
  }
}

@Middleware({ on: ['command', 'event'], before: [Audit], after: [] })
@Injectable()
export class Outer implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

export class AsProperty implements CqrsMiddleware {
  intercept: MiddlewareFunction = (message, next) => next(message);
}

export const timing: MiddlewareFunction = async (message, next) => {
  const result: string = await next(message);
  return result;
};

export const references: MiddlewareReference[] = [
  Audit,
  Outer,
  AsProperty,
  new Outer(),
  timing,
  (message, next) => next(message),
  () => 'an answer',
  { intercept: () => 42 },
];
export const bus = new CommandBus({ middleware: [Outer, timing, (message, next) => next(message)] });

@UseMiddleware(Audit, timing)
export class Charge extends Command {}

@UseMiddleware(Outer)
@CommandHandler(Charge)
export class ChargeHandler {
  execute(_command: Charge) {}
}

export class Charges {
  @UseMiddleware(Audit, (message, next) => next(message))
  @CommandHandler(Charge)
  charge(_command: Charge) {}
}
