import { Beside } from '../messages/beside.js';

/** The two methods of an aggregate that `EventPublisher` and `@Publishable` put in place. */
export interface PublishMethods {
  publish(event: object, aggregate?: object): unknown;
  publishAll(events: object[], aggregate?: object): unknown;
}

/** On classes whose `publish` looks for methods kept beside the object. */
export const LOOKS_BESIDE = Symbol('cqrs:looks-beside');

/**
 * Publish methods of frozen aggregates. Beside the aggregate, which takes no property. Written by `EventPublisher`; read by
 * `publish` and `publishAll` of aggregates.
 */
const beside = new Beside<PublishMethods>();

/** The methods kept beside an aggregate because it is frozen. */
export const publisherBeside = (aggregate: object): PublishMethods | undefined => beside.of(aggregate);

/** Puts methods on an aggregate, or beside it if it is frozen; they win over those of its class. */
export function mergePublisher(aggregate: object, methods: PublishMethods): void {
  try {
    definePublisher(aggregate, methods);
  } catch (error) {
    if (!(LOOKS_BESIDE in aggregate)) throw error;
    beside.set(aggregate, methods);
  }
}

/** Defines the methods on an object or prototype; they do not show when it is copied, compared or printed. */
export function definePublisher(target: object, methods: PublishMethods): void {
  for (const name of ['publish', 'publishAll'] as const)
    Object.defineProperty(target, name, {
      value: methods[name],
      configurable: true,
      enumerable: false,
      writable: true,
    });
}
