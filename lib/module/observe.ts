import type { INestApplicationContext } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { CommandBus } from '../buses/command-bus.js';
import { QueryBus } from '../buses/query-bus.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { EventBus } from '../events/event-bus.js';
import type { Disposer } from '../handlers/changes.js';
import type { Probe } from '../pipeline/probe.js';
import { ApplicationBuses } from './application-buses.js';

/**
 * Lets a probe watch an application, or one bus. Several may watch at a time: the latest is outermost. What has begun
 * before is not seen; what has begun is seen to its end, also after the probe is taken away.
 * @param target an application or a `ModuleRef` of it (all its buses, those too that come with a module loaded later, its sagas, and messages
 *   from outside), or a bus
 * @returns takes the probe away: pipelines are composed anew, as they were
 * @throws CqrsException (CQRS_NOT_OBSERVABLE)
 */
export function observe(target: Application | CommandBus | QueryBus | EventBus, probe: Probe): Disposer {
  if (typeof probe !== 'object' || probe === null)
    throw notObservable(
      `A probe must be an object, not ${describeValue(probe)}.`,
      'Give an object with the methods of Probe.',
    );
  if (target instanceof CommandBus || target instanceof QueryBus || target instanceof EventBus)
    return target.dispatcher.probes.add(probe);
  return busesOf(target).observe(probe);
}

type Application = INestApplicationContext | ModuleRef;

function busesOf(target: Application): ApplicationBuses {
  let cause: unknown;
  try {
    const buses: unknown = (target as ModuleRef).get(ApplicationBuses, { strict: false });
    if (buses instanceof ApplicationBuses) return buses;
  } catch (error) {
    cause = error;
  }
  throw notObservable(
    `A probe cannot watch ${describeValue(target)}.`,
    'Give an application that imports CqrsModule, or a bus; both from the copy of this package that observe() is from.',
    cause,
  );
}

const notObservable = (what: string, remedy: string, cause?: unknown): CqrsException =>
  new CqrsException({ code: 'CQRS_NOT_OBSERVABLE', what, where: 'observe()', remedy, cause });
