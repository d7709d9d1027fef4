import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Injectable, NotFoundException } from '@nestjs/common';

export interface OrderRow {
  readonly orderId: number;
  readonly note: string;
}

/** Characters of a row. */
export const NOTE = 32_000;

/** The row that is not there yet. */
const WAITS_BEFORE: Record<string, number> = { slow: 2, late: 1 };

/** The table of orders: `all` has no end. */
@Injectable()
export class OrderStore {
  read = 0;
  ended = 0;
  waiting = 0;

  async *of(shop: string, signal: AbortSignal): AsyncGenerator<OrderRow> {
    if (shop === 'none') throw new NotFoundException('There is no such shop.');
    if (shop === 'secret') return;
    const last = shop === 'small' ? 3 : Infinity;
    try {
      for (let orderId = 1; orderId <= last; orderId++) {
        if (shop === 'broken' && orderId === 3) throw new Error('The connection to the database is lost.');
        if (orderId === WAITS_BEFORE[shop]) {
          this.waiting += 1;
          await delay(3_600_000, undefined, { signal });
        }
        await turn();
        this.read = orderId;
        yield { orderId, note: 'x'.repeat(NOTE) };
      }
    } finally {
      this.ended += 1;
    }
  }
}
