import type { SurveyedLayer, SurveyedModule } from '../introspection/survey.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import {
  isMiddlewareType,
  middlewareName,
  PlacedReference,
  type MiddlewareReference,
  type Place,
  type ReadyMiddleware,
} from '../pipeline/middleware.js';
import type { MiddlewarePlacement } from '../pipeline/middleware.decorator.js';
import { runsAt } from '../pipeline/place.js';
import { usedMiddleware, usedOnMethod } from '../pipeline/use-middleware.decorator.js';
import { wrapsType } from '../pipeline/middleware.js';
import { OPTION_OF_BUS, type CompleteModuleOptions } from './module-options.js';
import type { CheckedHandler } from './handler-checks.js';
import type { FoundMiddleware } from './provider-explorer.js';

/** A reference, with where it was declared and why it stands where it stands. */
export interface DeclaredLayer extends Pick<SurveyedLayer, 'declaredAt' | 'because' | 'builtIn'> {
  readonly reference: MiddlewareReference;
}

/** What is around all messages of one bus, before `order()`. */
export interface BusMiddleware {
  readonly kind: MessageKind;
  readonly ordered: readonly MiddlewareReference[];
  readonly builtIn: readonly ReadyMiddleware[];
  readonly found: readonly FoundMiddleware[];
}

const BUILT_IN: Readonly<Record<string, SurveyedLayer['builtIn']>> = {
  refuseSideEffects: 'strict',
  propagateContext: 'propagateContext',
  propagateToRows: 'propagateContext',
  validation: 'validation',
};

/** Of this library's decorators, by the name of the middleware class that each makes. */
const DECORATED: Readonly<Record<string, readonly [decorator: string, SurveyedLayer['builtIn']]>> = {
  Transaction: ['@Transactional', 'transactional'],
  OwnTransaction: ['@Transactional', 'transactional'],
  Savepoint: ['@Transactional', 'transactional'],
  Idempotent: ['@Idempotent', 'idempotent'],
  Sequential: ['@Sequential', 'sequential'],
};

/** The middleware of a bus, outermost first. */
export function layersOfBus(
  { kind, ordered, builtIn, found }: BusMiddleware,
  options: CompleteModuleOptions,
): DeclaredLayer[] {
  const ofBus = options[OPTION_OF_BUS[kind]].middleware;
  return ordered.map(reference => {
    if (builtIn.includes(reference as ReadyMiddleware)) return ofOptions(reference, kind, options);
    const placement = found.find(each => each.reference === reference)?.placement;
    const placed = placement === undefined ? undefined : orderOf(placement);
    const listed = options.middleware.indexOf(reference);
    if (listed >= 0)
      return {
        reference,
        declaredAt: `forRoot.middleware[${listed}]`,
        because: joined('in the order of the list', placed),
      };
    const inBus = ofBus.indexOf(reference);
    if (inBus >= 0)
      return {
        reference,
        declaredAt: `forRoot.${OPTION_OF_BUS[kind]}.middleware[${inBus}]`,
        because: joined('inside of forRoot.middleware, in the order of the list', placed),
      };
    return {
      reference,
      declaredAt: `@Middleware on ${middlewareName(reference)}`,
      because: placed ?? 'inside of the lists of forRoot, since it names no before or after',
    };
  });
}

/** `@UseMiddleware` on a message class, its base classes first. */
export const layersOfMessage = (type: MessageType): DeclaredLayer[] =>
  lineage(type)
    .toReversed()
    .flatMap(ancestor =>
      usedMiddleware(ancestor).map(reference =>
        decorated(reference, nameOf(ancestor), `of the message${ofBase(ancestor, type)}, inside of that of the bus`),
      ),
    );

/** `@UseMiddleware` on a handler: of the class, then of the method. */
export function layersOfHandler({ type, declaration: { method } }: CheckedHandler): DeclaredLayer[] {
  const line = lineage(type).toReversed();
  const ofClass = line.flatMap(ancestor =>
    usedMiddleware(ancestor).map(reference =>
      decorated(reference, nameOf(ancestor), `of the handler${ofBase(ancestor, type)}, inside of that of the message`),
    ),
  );
  const ofMethod = line.flatMap(ancestor =>
    usedOnMethod(ancestor, method).map(reference =>
      decorated(
        reference,
        `${nameOf(ancestor)}.${String(method)}`,
        `of the method${ofBase(ancestor, type)}, inside of that of the class`,
      ),
    ),
  );
  const all = [...ofClass, ...ofMethod];
  // On a method, what the class has already runs once.
  return ofMethod.length === 0
    ? all
    : all.filter((layer, i) => all.findIndex(other => other.reference === layer.reference) === i);
}

/** @param moduleOf of the provider of a class */
export function surveyed(
  { reference: given, declaredAt, because, builtIn }: DeclaredLayer,
  resolve: (reference: MiddlewareReference) => ReadyMiddleware,
  { type, place }: { readonly type: MessageType | undefined; readonly place: Place | undefined },
  moduleOf: (target: object) => SurveyedModule | undefined,
): SurveyedLayer {
  const target = given instanceof PlacedReference ? given.reference : given;
  const ready = resolve(given);
  const wraps = type === undefined || wrapsType(ready, type);
  const form = isMiddlewareType(target) ? 'class' : typeof target === 'function' ? 'function' : 'instance';
  return {
    target,
    name: middlewareName(given),
    form,
    builtIn,
    module: form === 'class' ? moduleOf(target) : undefined,
    declaredAt,
    because,
    leftOut: !wraps ? 'it does not wrap this type' : runsAt(ready, place) ? undefined : 'it runs at another place',
  };
}

function ofOptions(reference: MiddlewareReference, kind: MessageKind, options: CompleteModuleOptions): DeclaredLayer {
  const name = middlewareName(reference);
  if (name === '@Touches')
    return { reference, builtIn: 'touches', declaredAt: name, because: 'built in, inside of validation' };
  const builtIn = BUILT_IN[name] ?? 'timeout';
  const option =
    builtIn === 'timeout'
      ? options[OPTION_OF_BUS[kind]].timeout === undefined
        ? 'timeout'
        : `${OPTION_OF_BUS[kind]}.timeout`
      : builtIn === 'propagateContext' && !options.propagateContext
        ? 'strict'
        : builtIn;
  return { reference, builtIn, declaredAt: `forRoot.${option}`, because: 'built in, outside of all that is listed' };
}

function decorated(reference: MiddlewareReference, owner: string, because: string): DeclaredLayer {
  const name = middlewareName(reference);
  const [decorator, builtIn] = name.startsWith('timeLimit(')
    ? (['@Timeout', 'timeout'] as const)
    : ((reference instanceof PlacedReference ? DECORATED[name] : undefined) ?? ['@UseMiddleware', undefined]);
  return { reference, declaredAt: `${decorator} on ${owner}`, because, builtIn };
}

const ofBase = (ancestor: object, type: object): string =>
  ancestor === type ? '' : `, inherited from ${nameOf(ancestor)}`;

function orderOf({ before = [], after = [] }: MiddlewarePlacement): string | undefined {
  const said = [
    ...(before.length > 0 ? [`before ${before.map(middlewareName).join(', ')}`] : []),
    ...(after.length > 0 ? [`after ${after.map(middlewareName).join(', ')}`] : []),
  ];
  return said.length === 0 ? undefined : said.join(', ');
}

const joined = (first: string, second: string | undefined): string =>
  second === undefined ? first : `${first}, ${second}`;
