import type { MiddlewareFunction } from 'nestjs-cqrs';
import type { OfRequest } from './messages.js';

/** Faults that the soak must find: `--break tenant` and `--break leak`. */
class Faults {
  broken = '';
  private readonly kept: string[] = [];
  private calls = 0;

  /** Names another tenant now and then. */
  tenantOf({ tenant }: OfRequest): string {
    return this.broken === 'tenant' && ++this.calls % 500 === 0 ? `not ${tenant}` : tenant;
  }

  /** Keeps about 1 KiB for each command. */
  readonly middleware: MiddlewareFunction = (message, next) => {
    if (this.broken === 'leak') this.kept.push(Array.from({ length: 64 }, () => Math.random().toString(36)).join(''));
    return next(message);
  };
}

export const faults = new Faults();
