import { ModuleRef } from '@nestjs/core';
import type { StandaloneBusOptions } from './bus-options.js';
import { ObservableBus } from './observable-bus.js';

/** Undefined if the container constructs the bus. */
export const standaloneOptions = <T = StandaloneBusOptions>(given: object | undefined): T | undefined =>
  given instanceof ModuleRef || given instanceof ObservableBus ? undefined : (given as T | undefined);
