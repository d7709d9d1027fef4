import { Inject, Optional } from '@nestjs/common';
import { CQRS_START_GATE } from './bus-options.js';

/**
 * Lets Nest set the property `startGate` of a bus: not through the constructor, which subclasses call with what they know.
 * As a decorator of an accessor, `Inject` would take the property descriptor for the index of a parameter.
 */
export function injectStartGate(bus: object): void {
  Inject(CQRS_START_GATE)(bus, 'startGate');
  Optional()(bus, 'startGate');
}
