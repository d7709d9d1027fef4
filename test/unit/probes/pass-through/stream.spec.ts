import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../buses/stream.spec.js');
