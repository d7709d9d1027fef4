import { Inject, Optional } from '@nestjs/common';

/** Injection token of the gate at which messages wait until handlers are registered. The module provides it. */
export const CQRS_START_GATE = 'CQRS_START_GATE';

/** As a decorator of an accessor, `Inject` would take the descriptor for a parameter index. */
export function injectStartGate(bus: object): void {
  Inject(CQRS_START_GATE)(bus, 'startGate');
  Optional()(bus, 'startGate');
}
