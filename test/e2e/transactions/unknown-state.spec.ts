import { join } from 'node:path';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';

describeWithPostgres('A transaction of a library that does not tell how it is', postgres => {
  it('is not committed where a statement has failed whose failure was swallowed', async () => {
    expect(await answerOf(join(import.meta.dirname, 'unknown-state-program.ts'), [postgres.url])).toEqual({
      failed: expect.stringMatching(/^failed: The transaction cannot be committed/),
      well: 'saved',
      // PostgreSQL rolls back, and says nothing.
      unverified: 'saved',
    });
  }, 60_000);
});
