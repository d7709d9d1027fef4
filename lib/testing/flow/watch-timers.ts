import { createHook } from 'node:async_hooks';
import { causeHere } from './cause.js';
import type { FlowLog } from './flow-log.js';

/** Timers that flows have begun, by the number that Node gives them. */
const pending = new Map<number, FlowLog>();

let watchers = 0;

const beginnings = createHook({
  init(id, type, _trigger, resource) {
    if (type !== 'Timeout') return;
    const cause = causeHere();
    if (cause?.flow === undefined) return;
    pending.set(id, cause.flow);
    cause.flow.timers.begin(id, { cause, resource });
  },
});

/** Costs promises nothing; stays until no timer is left. */
const ends = createHook({
  destroy(id) {
    const flow = pending.get(id);
    if (flow === undefined) return;
    pending.delete(id);
    flow.timers.end(id);
    if (watchers === 0 && pending.size === 0) ends.disable();
  },
});

/**
 * Notes timers that flows begin.
 * @returns ends it; timers that have begun are followed to their end
 */
export function watchTimers(): () => void {
  watchers += 1;
  beginnings.enable();
  ends.enable();
  return () => {
    watchers -= 1;
    if (watchers > 0) return;
    beginnings.disable();
    if (pending.size === 0) ends.disable();
  };
}
