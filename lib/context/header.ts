import { CqrsException } from '../errors/cqrs.exception.js';

/** What travels beside a message, by name. Symbols are the names of what does not leave the process. */
export type Headers = Readonly<Record<string | symbol, unknown>>;

/**
 * Where a header goes: `true` to the dispatches that this one causes and into envelopes; `'in-process'` to those
 * dispatches alone; `false` nowhere, it is for the handlers of this one message.
 */
export type HeaderTravel = boolean | 'in-process';

/** The names of headers that stay with their dispatch; weak, since keys may be made and thrown away. */
const staying = new WeakSet<symbol>();

/** The key of one header: its name, the type of its value, and whether it travels. */
export class HeaderKey<T> {
  /** Under which it is among the headers: its name, or a symbol where it does not leave the process. */
  readonly key: string | symbol;
  /** Never set: it ties the type of the value to the key. */
  declare readonly value?: T;

  /** Made by `header()`. */
  constructor(
    readonly name: string,
    readonly travels: HeaderTravel,
  ) {
    this.key = travels === true ? name : Symbol(name);
    if (travels === false) staying.add(this.key as symbol);
  }

  /** The header with a value, for the `headers` option of a dispatch; several are joined by `{ ...a, ...b }`. */
  of(value: T): Headers {
    return { [this.key]: value };
  }

  /** The value among some headers; undefined if it is not there. */
  in(headers: Headers): T | undefined {
    return Object.hasOwn(headers, this.key) ? (headers[this.key] as T) : undefined;
  }
}

/**
 * Makes the key of a header: `const tenant = header<string>('tenant')`. Then `headers: tenant.of('acme')` as an option
 * of a dispatch, and `context.header(tenant)` in middleware and handlers.
 * @param name how it is called in envelopes; two keys of one travelling name are the same header
 * @param options whether it travels; it does if left out
 */
export function header<T>(name: string, { travels = true }: { readonly travels?: HeaderTravel } = {}): HeaderKey<T> {
  if (typeof name === 'string' && name !== '' && name !== '__proto__') return new HeaderKey<T>(name, travels);
  throw new CqrsException({
    code: 'CQRS_INVALID_HEADER',
    what: `A header cannot have the name ${JSON.stringify(name)}.`,
    remedy: "Give it a name, as in header<string>('tenant').",
  });
}

/** The headers that a dispatch hands on to those it causes. */
export function inheritable(headers: Headers): Headers {
  const left = Object.getOwnPropertySymbols(headers).filter(key => staying.has(key));
  if (left.length === 0) return headers;
  const inherited: Record<string | symbol, unknown> = { ...headers };
  for (const key of left) delete inherited[key];
  return Object.freeze(inherited);
}

/** A frozen copy, which the sender cannot change after it has sent, nor one handler for another. */
export const copyOfHeaders = (headers: Headers): Headers => Object.freeze({ ...headers });

/** The headers that may leave the process. */
export const travelling = (headers: Headers): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(headers));
