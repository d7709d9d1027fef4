import { pgBosses } from '../../../support/pg-bosses.js';
import { describeWithPostgres } from '../../../support/postgres.js';
import { crashTests } from './cases.js';

describeWithPostgres(
  'Durable messages survive crashes',
  postgres => {
    describe.each(pgBosses)('over $title', ({ major }) => {
      crashTests(`pg-boss ${major}`, postgres);
    });
  },
  { restarts: true },
);
