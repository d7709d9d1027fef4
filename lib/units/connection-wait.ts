import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely } from '../dispatch/failures.js';

const logger = new CqrsLogger('Cqrs');

/** In milliseconds. */
const LONG = 5_000;

/**
 * Warns if a unit of work of its own waits long for its connection within another one, or gets none: if many wait for each
 * other, none goes on.
 * @param handler whose unit waits
 * @param outer the handler of the unit that keeps its connection meanwhile
 * @returns ends the wait, with the outcome
 */
export function connectionWait(handler: string, outer: string): (end: 'begun' | 'failed') => void {
  const warn = (what: string) =>
    callSafely(() =>
      logger.warn(
        `${handler}, with propagation 'RequiresNew', ${what}, while the unit of work of ${outer} keeps its own. Give the pool more connections than such commands run at a time, and connectionTimeoutMillis.`,
      ),
    );
  let isOver = false;
  const timer = setTimeout(() => warn(`waits longer than ${LONG / 1_000} seconds for a connection`), LONG);
  timer.unref();
  return end => {
    clearTimeout(timer);
    if (end === 'failed' && !isOver) warn('gets no connection');
    isOver = true;
  };
}
