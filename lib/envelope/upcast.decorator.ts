import { CqrsException } from '../errors/cqrs.exception.js';
import { mark } from '../messages/copies.js';
import { refuseStandardDecorators } from '../messages/decorated-method.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { append, metadataKey, readOwn } from '../messages/metadata.js';
import type { MessageMeta } from './message-meta.js';

/**
 * Turns fields of one version into those of the next.
 * @param payload Date, Map … already revived; may be changed and returned
 */
export type Upcaster = (payload: any, meta: MessageMeta) => unknown; // eslint-disable-line @typescript-eslint/no-explicit-any -- fields of an earlier version of a class

interface Declared {
  readonly from: number;
  readonly method: string | symbol;
}

const UPCASTERS = metadataKey<readonly Declared[]>(Symbol('cqrs:upcasters'));

/**
 * Makes a static method of a message class upcast payloads by one version; older payloads pass through several.
 * @param from the version it takes; it returns `from + 1`
 * @throws CqrsException (CQRS_INVALID_UPCASTER) on a method that is not static, or a second one of a version
 */
export const Upcast =
  (from: number) =>
  <T extends Upcaster>(target: object, method: string | symbol, _descriptor?: TypedPropertyDescriptor<T>): void => {
    refuseStandardDecorators('@Upcast', target, method);
    const where = `${nameOf(typeof target === 'function' ? target : target.constructor)}.${String(method)}`;
    if (typeof target !== 'function')
      throw invalid(`@Upcast(${from}) is on a method that is not static.`, 'Write static before it.', where);
    if ((readOwn(UPCASTERS, target) ?? []).some(declared => declared.from === from))
      throw invalid(`Two methods have @Upcast(${from}).`, 'Keep one of them.', where);
    mark(target, '@Upcast');
    append(UPCASTERS, [{ from, method }], target);
  };

export function upcasterFrom(type: MessageType, version: number): Upcaster | undefined {
  const declared = readOwn(UPCASTERS, type)?.find(({ from }) => from === version);
  if (!declared) return undefined;
  const host = type as unknown as Record<string | symbol, Upcaster>;
  return (payload, meta) => host[declared.method]!(payload, meta);
}

const invalid = (what: string, remedy: string, where: string): CqrsException =>
  new CqrsException({ code: 'CQRS_INVALID_UPCASTER', what, where, remedy });
