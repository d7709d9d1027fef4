import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../dispatch/dropped-request.spec.js');
