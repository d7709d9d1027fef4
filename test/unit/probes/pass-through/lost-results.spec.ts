import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../dispatch/lost-results.spec.js');
