import { handleAll, noop } from 'cockatiel';
import { UseMiddleware } from 'nestjs-cqrs';
import { resilience, type ResiliencePolicy } from 'nestjs-cqrs/resilience';

// @ts-expect-error: what to handle, without a policy
@UseMiddleware(resilience(handleAll))
export class Charge {}

// @ts-expect-error: no policy at all
export const nothing = resilience();

// @ts-expect-error: no such place
export const elsewhere = resilience(noop, { at: 'sent' });

// @ts-expect-error: no place
export const nowhere = resilience(noop, { at: [] });

// @ts-expect-error: no such option
export const other = resilience(noop, { on: 'send' });

// @ts-expect-error: a policy gives a promise
export const immediate: ResiliencePolicy = { execute: () => 42 };
