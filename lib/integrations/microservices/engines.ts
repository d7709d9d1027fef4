import { CqrsException, type RemoteFeatures } from '../../extension.js';

interface Engine {
  readonly engine: string;
  readonly features: RemoteFeatures;
}

/** By the classes of `@nestjs/microservices`, client and server; the conformance suite checks each. */
const ENGINES: Readonly<Record<string, RemoteFeatures>> = {
  tcp: { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true },
  nats: { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true },
  // All patterns share one queue: a control frame meets any server.
  rmq: { sharesLoad: true, manyReplies: true, addressable: false, tellsNobodyListens: false },
  // Publish and subscribe: every server gets every request.
  redis: { sharesLoad: false, manyReplies: true, addressable: true, tellsNobodyListens: false },
};

/** What an adapter says about the engine, where its class does not tell. */
export interface EngineOptions {
  /**
   * Shown in the wiring. `tcp`, `nats`, `rmq` and `redis` also have features of their own: name one where a bundler
   * changes class names. Default: from the class of the client or server.
   */
  readonly engine?: string;
  /** Default: those of the engine. */
  readonly features?: RemoteFeatures;
}

/**
 * Compilers refuse other options; programs in JavaScript are told.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export function checkOptions(options: object, known: readonly string[], where: string): void {
  const other = Object.keys(options).find(key => !known.includes(key));
  if (other === undefined) return;
  throw new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `There is no option "${other}".`,
    where,
    remedy: `Use one of these, or leave it out: ${known.join(', ')}.`,
  });
}

/**
 * @param role `Client` or `Server`, as the class names begin
 * @throws CqrsException (code CQRS_UNKNOWN_TRANSPORT) for a class that is not known, without features
 */
export function engineOf(instance: object, role: 'Client' | 'Server', { engine, features }: EngineOptions): Engine {
  const ofClass = classNames(instance)
    .filter(name => name.startsWith(role))
    .map(name => name.slice(role.length).toLowerCase());
  const known = [engine ?? '', ...ofClass].find(name => Object.hasOwn(ENGINES, name));
  const found = features ?? (known === undefined ? undefined : ENGINES[known]);
  const shown = engine ?? known ?? classNames(instance)[0] ?? 'custom';
  if (found !== undefined) return { engine: shown, features: found };
  throw new CqrsException({
    code: 'CQRS_UNKNOWN_TRANSPORT',
    what: `It is not known what ${classNames(instance)[0] ?? 'this object'} can do.`,
    where: role === 'Client' ? 'microservice()' : 'microserviceServer()',
    remedy:
      'Say it: { features: { sharesLoad, manyReplies, addressable, tellsNobodyListens } }; see docs/transports.md.',
  });
}

function classNames(instance: object): string[] {
  const names: string[] = [];
  for (let each = Object.getPrototypeOf(instance) as object | null; each; each = Object.getPrototypeOf(each) as object)
    names.push(each.constructor.name);
  return names.filter(name => name !== 'Object');
}
