import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../events/dropped-next.spec.js');
