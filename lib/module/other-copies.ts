import type { Type } from '@nestjs/common';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import type { Problem } from '../errors/cqrs.exception.js';
import { placeOfThisCopy, unheardDecorators } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { Module } from '../scopes/provider-wrapper.js';
import type { Findings, FoundProvider } from './provider-explorer.js';

const logger = new CqrsLogger('CqrsModule');

/** Classes that may carry decorators: providers, messages and events of sagas. */
export function decorated(
  { handlers, sagas }: Findings,
  others: readonly FoundProvider[],
  messages: readonly object[],
): object[] {
  const providers = [...handlers, ...sagas, ...others].map(({ type }) => type);
  const events = sagas.flatMap(({ declaration }) => declaration.events ?? []) as object[];
  return [...providers, ...messages, ...events];
}

/** Handlers and sagas work whichever copy decorated them; other decorators need their own copy. */
export function otherCopyProblems(types: Iterable<object>): Problem[] {
  const seen = new Set<object>();
  for (const type of types) for (const ancestor of lineage(type as MessageType)) seen.add(ancestor);
  return [...seen].flatMap(type =>
    unheardDecorators(type).map(({ decorator, place }) => unheard(type, decorator, place)),
  );
}

const unheard = (type: object, decorator: string, place: string): Problem => ({
  code: 'CQRS_OTHER_COPY',
  what: `${decorator} on ${nameOf(type)} comes from another copy of nestjs-cqrs, and this one cannot honour it.`,
  where: `this copy: ${placeOfThisCopy()}; the other: ${place}`,
  remedy: 'Let everything import one copy: install one version, and bundle the package once or not at all.',
});

/** A foreign `CqrsModule` reaches these handlers without this copy's middleware and subscribers. */
export function warnOfOtherModules(modules: Iterable<Module>, own: Type): void {
  const other = [...modules].find(({ metatype }) => nameOf(metatype) === own.name && !lineage(metatype).includes(own));
  if (other === undefined) return;
  const importers = [...modules].filter(({ imports }) => imports.has(other)).map(({ metatype }) => nameOf(metatype));
  const where = importers.length > 0 ? ` It is imported by ${importers.join(', ')}.` : '';
  logger.warn(
    `The application has a second CqrsModule, of @nestjs/cqrs or of another copy of nestjs-cqrs.${where} What is sent through its buses passes no middleware and no subscriber of these. Import one package everywhere; a library gets it by an alias: see "Libraries that import @nestjs/cqrs" in docs/migration.md.`,
  );
}
