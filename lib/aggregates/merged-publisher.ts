import { Beside } from '../messages/beside.js';

export interface PublishMethods {
  publish(event: object, aggregate?: object): unknown;
  publishAll(events: object[], aggregate?: object): unknown;
}

/** On classes whose `publish` looks beside the object. */
export const LOOKS_BESIDE = Symbol('cqrs:looks-beside');

/**
 * Publish methods of frozen aggregates. Written by `EventPublisher`; read by `publish` and `publishAll` of aggregates.
 */
const beside = new Beside<PublishMethods>();

export const publisherBeside = (aggregate: object): PublishMethods | undefined => beside.of(aggregate);

/** They win over those of the class. */
export function mergePublisher(aggregate: object, methods: PublishMethods): void {
  try {
    definePublisher(aggregate, methods);
  } catch (error) {
    if ((aggregate as { readonly [LOOKS_BESIDE]?: boolean })[LOOKS_BESIDE] !== true) throw error;
    beside.set(aggregate, methods);
  }
}

/** Not enumerable, so that copies, comparisons and prints leave them out. */
export function definePublisher(target: object, methods: PublishMethods): void {
  for (const name of ['publish', 'publishAll'] as const)
    Object.defineProperty(target, name, {
      value: methods[name],
      configurable: true,
      enumerable: false,
      writable: true,
    });
}
