import { policyOf } from '../../../../lib/transport/durable/retry-policy.js';

describe('policyOf', () => {
  it('has defaults', () => {
    expect(policyOf()).toEqual({ limit: 5, delay: 1000, backoff: true, maxDelay: 3_600_000 });
    expect(policyOf(undefined, {})).toEqual(policyOf());
  });

  it('takes each field from the first that has it', () => {
    expect(
      policyOf({ limit: 0 }, undefined, { limit: 9, delay: 7, backoff: false }, { backoff: true, maxDelay: 3 }),
    ).toEqual({ limit: 0, delay: 7, backoff: false, maxDelay: 3 });
  });

  it('takes undefined as left out', () => {
    expect(policyOf({ limit: undefined, delay: 0 }, { limit: 2 })).toMatchObject({ limit: 2, delay: 0 });
  });
});
