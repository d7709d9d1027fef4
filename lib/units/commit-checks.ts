import type { MessageContext } from '../context/message-context.js';
import { genuine } from '../pipeline/settled.js';
import { SETTLING } from './settling.js';
import type { Transactions } from './transactions.js';
import type { UnitOfWork } from './unit-of-work.js';
import { deliveryLost, uncommittable } from './unit-problems.js';

/** @returns undefined where the library knows at once */
export function verified({ handler }: UnitOfWork, transactions: Transactions): Promise<unknown> | undefined {
  const refuse = (error: unknown): never => {
    throw uncommittable(handler, error);
  };
  try {
    const verifying = transactions.verify?.();
    return verifying === undefined ? undefined : genuine(verifying).catch(refuse);
  } catch (error) {
    return refuse(error);
  }
}

/**
 * Effect and completion are committed together, or the job runs again without any effect of this attempt.
 * @returns undefined where the work is of no delivery
 */
export function settleDelivery({ transaction }: UnitOfWork, context: MessageContext): Promise<void> | undefined {
  const settling = context.header(SETTLING);
  if (settling === undefined || settling.messageId !== context.messageId) return undefined;
  return settle(settling.settleIn(transaction), context);
}

async function settle(settling: Promise<boolean>, { handler }: MessageContext): Promise<void> {
  if (!(await settling)) throw deliveryLost(handler.name);
}
