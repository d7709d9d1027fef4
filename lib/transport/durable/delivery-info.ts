import { header } from '../../context/header.js';
import type { FailureJSON } from '../frame.js';

/** What a handler is told of a delivery: `context.header(delivery)`. */
export interface DeliveryInfo {
  /** Of the job; the `messageId` of the message. */
  readonly id: string;
  readonly queue: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** How many there are at most. */
  readonly attempts: number;
  /** On the clock of the process that stored it. */
  readonly enqueuedAt: Date;
  /** Why the attempt before failed. */
  readonly lastFailure: FailureJSON | undefined;
}

/** Set for a message that was stored and is now handled; undefined for one that was dispatched. */
export const delivery = header<DeliveryInfo>('delivery', { travels: false });
