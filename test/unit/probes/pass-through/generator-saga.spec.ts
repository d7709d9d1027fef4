import { watchEverything } from '../../../support/pass-through.js';

watchEverything();
await import('../../sagas/generator-saga.spec.js');
