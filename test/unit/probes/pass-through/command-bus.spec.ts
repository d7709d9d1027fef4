import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../buses/command-bus.spec.js');
