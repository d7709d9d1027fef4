import { ContextOrigin } from '../../../../lib/context/context-origin.js';
import { AsyncContext } from '../../../../lib/scopes/async-context.js';
import { toEnqueueOptions } from '../../../../lib/transport/durable/enqueue-options.js';

describe('toEnqueueOptions', () => {
  it.each([undefined, null])('takes %j as no options', given => {
    expect(toEnqueueOptions(given)).toEqual({});
  });

  it('takes a bare context as { context }', () => {
    const context = new ContextOrigin();
    expect(toEnqueueOptions(context)).toEqual({ context });
  });

  it.each([
    { delay: 0 },
    { delay: 5, messageId: 'm', key: 'k', retry: { limit: 0 }, headers: { a: 1 }, transaction: {} },
    { at: new Date(0) },
    { retry: { limit: 1_000_000, delay: 315_360_000_000, maxDelay: 315_360_000_000 } },
    { correlationId: 'c', causationId: 'd', fromOutside: true },
  ])('accepts %j', given => {
    expect(toEnqueueOptions(given)).toBe(given);
  });

  it.each([
    [{ delay: -1 }, 'CQRS_INVALID_TIMEOUT'],
    [{ delay: 1.5 }, 'CQRS_INVALID_TIMEOUT'],
    [{ delay: '5' }, 'CQRS_INVALID_TIMEOUT'],
    [{ at: '2026-01-01' }, 'CQRS_INVALID_OPTIONS'],
    [{ at: new Date(Number.NaN) }, 'CQRS_INVALID_OPTIONS'],
    [{ key: '' }, 'CQRS_INVALID_OPTIONS'],
    [{ messageId: '' }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { limit: -1 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { limits: 1 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { limit: 1_000_001 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { delay: 315_360_000_001 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { delay: -1 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { maxDelay: 315_360_000_001 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { maxDelay: -1 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: { backoff: 1 } }, 'CQRS_INVALID_OPTIONS'],
    [{ retry: 5 }, 'CQRS_INVALID_OPTIONS'],
    [{ timeout: 5 }, 'CQRS_INVALID_OPTIONS'],
    [{ asyncContext: new AsyncContext() }, 'CQRS_INVALID_OPTIONS'],
    [{ delay: 1, at: new Date() }, 'CQRS_INVALID_OPTIONS'],
    [5, 'CQRS_INVALID_OPTIONS'],
    [new Date(), 'CQRS_INVALID_OPTIONS'],
  ])('refuses %j with %s', (given, code) => {
    expect(() => toEnqueueOptions(given)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('says what it was given', () => {
    expect(() => toEnqueueOptions(5)).toThrow(
      'The options of enqueue() must be a plain object, not a number. Give such an object, as in { delay: 60_000 }, or nothing. [CQRS_INVALID_OPTIONS]',
    );
  });

  it.each([
    [new Date(Number.NaN), 'an invalid Date'],
    ['tomorrow', "'tomorrow'"],
    [5, '5'],
  ])('says that %p is no time', (at, what) => {
    expect(() => toEnqueueOptions({ at })).toThrow(`The option "at" must be a valid Date, not ${what}.`);
  });
});
