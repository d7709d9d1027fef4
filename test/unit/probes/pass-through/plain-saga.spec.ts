import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../sagas/plain-saga.spec.js');
