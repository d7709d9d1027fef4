import { Inject, Optional } from '@nestjs/common';
import { CQRS_START_GATE } from './bus-options.js';

/** As a decorator of an accessor, `Inject` would take the descriptor for a parameter index. */
export function injectStartGate(bus: object): void {
  Inject(CQRS_START_GATE)(bus, 'startGate');
  Optional()(bus, 'startGate');
}
