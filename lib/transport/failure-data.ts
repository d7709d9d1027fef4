import * as nest from '@nestjs/common';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import { isRecord } from '../envelope/message-meta.js';
import { isA } from '../envelope/typed.js';
import { BusClosedException } from '../errors/bus-closed.exception.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { DispatchTimeoutException } from '../errors/dispatch-timeout.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import {
  CommandHandlerNotFoundException,
  HandlerNotFoundException,
  QueryHandlerNotFoundException,
} from '../errors/handler-not-found.exception.js';
import { MessageValidationException } from '../errors/message-validation.exception.js';
import { MessageVersionException } from '../errors/message-version.exception.js';
import { QuerySideEffectException } from '../errors/query-side-effect.exception.js';
import { RemoteException } from '../errors/remote.exception.js';
import { StaleMessageException } from '../errors/stale-message.exception.js';
import { UnknownMessageException } from '../errors/unknown-message.exception.js';
import { UnrecoverableException } from '../errors/unrecoverable.exception.js';
import { messageName } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { FailureJSON } from './frame.js';

/** `all`: every error is told. `listed`: errors in the catalog, of validation, and of HTTP below 500. */
export type ToldFailures = 'all' | 'listed';

/** Exceptions of this library that are the same in every process. */
const OWN: ReadonlyMap<string, MessageType<Error>> = byName([
  BusClosedException,
  CommandHandlerNotFoundException,
  DispatchTimeoutException,
  EnvelopeException,
  HandlerNotFoundException,
  MessageValidationException,
  MessageVersionException,
  QueryHandlerNotFoundException,
  QuerySideEffectException,
  StaleMessageException,
  UnknownMessageException,
  UnrecoverableException,
]);

const OF_NEST: ReadonlyMap<string, MessageType<Error>> = byName(
  Object.values(nest).filter((value): value is typeof nest.HttpException =>
    typeof value === 'function' ? value === nest.HttpException || value.prototype instanceof nest.HttpException : false,
  ),
);

/** Fields that never travel, and those that have a place of their own. */
const LEFT_OUT: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

const HIDDEN: FailureJSON = { name: 'Error', message: 'Internal error' };

/** Writes errors as data, and revives them in the process that sent the message. */
export class FailureData {
  constructor(private readonly catalog: MessageCatalog) {}

  /** Never throws. */
  write(thrown: unknown, told: ToldFailures = 'all'): FailureJSON {
    try {
      if (!isA(Error, thrown)) return told === 'all' ? notAnError(thrown) : HIDDEN;
      const type = thrown.constructor as MessageType<Error>;
      const isListed = this.catalog.knows(type);
      if (told === 'listed' && !isListed && !isForCallers(thrown)) return HIDDEN;
      return this.dataOf(thrown, isListed ? messageIdentity(type).name : printedName(thrown));
    } catch {
      return HIDDEN;
    }
  }

  /** Whether the caller gets more than a name and a text. */
  isTold(thrown: unknown, told: ToldFailures = 'all'): boolean {
    if (!isA(Error, thrown)) return false;
    const isListed = this.catalog.knows(thrown.constructor as MessageType<Error>);
    return isListed || isForCallers(thrown) || (told === 'all' && OWN.has(thrown.name));
  }

  /** @param where for an error of an unknown class */
  read({ name, message, code, fields }: FailureJSON, where: string): Error {
    const type = this.catalog.find(name) ?? OWN.get(name) ?? OF_NEST.get(name);
    const known = type?.prototype instanceof Error ? (type as MessageType<Error>) : undefined;
    try {
      const own = fields === undefined ? {} : withoutPlaced(this.catalog.valueFromJSON(fields));
      const isHttp = known?.prototype instanceof nest.HttpException || known === nest.HttpException;
      if (known !== undefined && isRecord(own) && !(isHttp && !isStatus(own['status'])))
        return revived(known, name, message, code, own);
      // A class that extends HttpException, and is not listed.
      if (isRecord(own) && isStatus(own['status']) && own['response'] !== undefined)
        return revived(nest.HttpException, name, message, code, own);
    } catch (error) {
      return new RemoteException(
        { name, message: `${message} (its fields cannot be read: ${String(error)})`, code },
        where,
      );
    }
    return new RemoteException({ name, message, code }, where);
  }

  private dataOf(error: Error, name: string): FailureJSON {
    const code: unknown = (error as { code?: unknown }).code;
    const own = withoutPlaced({ ...error }) as Record<string, unknown>;
    return {
      name,
      message: String(error.message),
      ...(typeof code === 'string' && { code }),
      ...(Object.keys(own).length > 0 && this.written(own)),
    };
  }

  /** Without fields that cannot leave the process, an error is still told. */
  private written(own: Record<string, unknown>): { fields?: unknown } {
    try {
      return { fields: this.catalog.valueToJSON(own, 'an error') };
    } catch {
      return {};
    }
  }
}

function revived(
  type: MessageType<Error>,
  name: string,
  message: string,
  code: string | undefined,
  fields: Record<string, unknown>,
): Error {
  const error = Object.create(type.prototype as object) as Error;
  const hidden = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
  hidden('message', message);
  hidden('stack', new Error(message).stack?.replace(/^Error/, name));
  if (isA(CqrsException, error) || isA(nest.HttpException, error)) hidden('name', name);
  for (const [key, value] of Object.entries({ ...(code !== undefined && { code }), ...fields }))
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  return error;
}

const isForCallers = (error: Error): boolean =>
  isA(MessageValidationException, error) || (isA(nest.HttpException, error) && error.getStatus() < 500);

/** Prepared libraries set `name`; a class does not need to. */
const printedName = (error: Error): string => (error.name === 'Error' ? messageName(error) : String(error.name));

const notAnError = (thrown: unknown): FailureJSON => ({
  name: 'Error',
  message: typeof thrown === 'string' ? thrown : `The handler threw ${typeof thrown}, not an Error.`,
});

/** Platforms refuse to send others. */
const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999;

const withoutPlaced = (fields: unknown): unknown =>
  isRecord(fields) ? Object.fromEntries(Object.entries(fields).filter(([key]) => !LEFT_OUT.has(key))) : fields;

function byName(types: readonly MessageType<Error>[]): ReadonlyMap<string, MessageType<Error>> {
  return new Map(types.map(type => [type.name, type]));
}
