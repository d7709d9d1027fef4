import { CqrsException } from '../errors/cqrs.exception.js';

/** By name; those under a symbol stay in the process. */
export type Headers = Readonly<Record<string | symbol, unknown>>;

/**
 * `true`: caused dispatches and envelopes; `'in-process'`: caused dispatches; `false`: handlers of this message alone.
 */
export type HeaderTravel = boolean | 'in-process';

/** Weak, since keys may be temporary. */
const staying = new WeakSet<symbol>();

/** The key of a header. */
export class HeaderKey<T> {
  /** A symbol if the header stays in the process. */
  readonly key: string | symbol;
  /** Never set; carries the type. */
  declare readonly value?: T;

  constructor(
    readonly name: string,
    readonly travels: HeaderTravel,
  ) {
    this.key = travels === true ? name : Symbol(name);
    if (travels === false) staying.add(this.key as symbol);
  }

  /** For the `headers` option; join several with `{ ...a, ...b }`. */
  of(value: T): Headers {
    return { [this.key]: value };
  }

  /** The value. */
  in(headers: Headers): T | undefined {
    return Object.hasOwn(headers, this.key) ? (headers[this.key] as T) : undefined;
  }
}

/**
 * Makes a header key: `const tenant = header<string>('tenant')`. Send `headers: tenant.of('acme')`, read
 * `context.header(tenant)`.
 * @param name keys that travel under one name are one header
 * @param options travels by default
 * @throws CqrsException (CQRS_INVALID_HEADER) for an empty name and `__proto__`
 */
export function header<T>(name: string, { travels = true }: { readonly travels?: HeaderTravel } = {}): HeaderKey<T> {
  if (typeof name === 'string' && name !== '' && name !== '__proto__') return new HeaderKey<T>(name, travels);
  throw new CqrsException({
    code: 'CQRS_INVALID_HEADER',
    what: `A header cannot have the name ${JSON.stringify(name)}.`,
    remedy: "Give it a name, as in header<string>('tenant').",
  });
}

/** Keys of headers that this library sets and reads by itself. */
const ofLibrary = new WeakSet<symbol>();

/** A header of this library: of one message alone, and no fact about its caller. */
export function libraryHeader<T>(name: string): HeaderKey<T> {
  const key = new HeaderKey<T>(name, false);
  ofLibrary.add(key.key as symbol);
  return key;
}

export const isOfLibrary = (key: string | symbol): boolean => typeof key === 'symbol' && ofLibrary.has(key);

export function inheritable(headers: Headers): Headers {
  const left = Object.getOwnPropertySymbols(headers).filter(key => staying.has(key));
  if (left.length === 0) return headers;
  const inherited: Record<string | symbol, unknown> = { ...headers };
  for (const key of left) delete inherited[key];
  return Object.freeze(inherited);
}

export const copyOfHeaders = (headers: Headers): Headers => Object.freeze({ ...headers });

export const travelling = (headers: Headers): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(headers));
