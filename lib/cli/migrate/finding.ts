import type { Place } from './source-text.js';

export interface Finding {
  readonly kind: FindingKind;
  readonly place: Place;
  readonly what: string;
}

interface Kind {
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
}

/** In the order of the report. */
export const KINDS = {
  nest: {
    title: 'Nest or Node is too old',
    why: 'nestjs-cqrs needs Nest 11 or 12, and Node 20.19, 22.12 or later.',
    remedy: 'Move to these first, then run migrate again.',
  },
  deepPath: {
    title: 'Import of an internal file',
    why: 'nestjs-cqrs has no file of this path. The import has not been changed.',
    remedy: 'Import a public name from nestjs-cqrs, or do without.',
  },
  unreadable: {
    title: 'File that was not changed',
    why: 'It mentions @nestjs/cqrs and could not be read with certainty.',
    remedy: 'Change it by hand.',
  },
  syntax: {
    title: 'File with syntax errors',
    why: 'Imports were changed as far as the compiler could read the file.',
    remedy: 'Correct the errors, then run migrate again.',
  },
  dependency: {
    title: 'Library that imports @nestjs/cqrs',
    why: 'Its handlers are found, but the buses that it injects are those of a second package.',
    remedy:
      'An alias gives it nestjs-cqrs; then the imports of the application stay as they are. Without --dry-run, undo this\n' +
      '  run. See "Libraries that import @nestjs/cqrs" in docs/migration.md.',
  },
  alias: {
    title: 'nestjs-cqrs under the name of @nestjs/cqrs',
    why: 'The package.json declares this alias, as libraries need it. Imports below it were not changed.',
    remedy: 'To remove the alias, declare @nestjs/cqrs with a plain range and run migrate again.',
  },
  mention: {
    title: 'Text that names @nestjs/cqrs and was not changed',
    why: 'It looks like a module name or a pattern, in a place that migrate does not know.',
    remedy: 'Change it by hand if it selects the package.',
  },
  waits: {
    title: 'The result of publish or commit is awaited',
    why: '@nestjs/cqrs did not wait for event handlers. Here the promise resolves when they have settled.',
    remedy:
      "Keep it if waiting is right. Else remove the await, or set events: { wait: 'none' } in CqrsModule.forRoot.",
  },
  list: {
    title: 'publish of a list',
    why: 'publish takes one event and refuses a list.',
    remedy: 'Call publishAll.',
  },
  subclass: {
    title: 'Subclass of a bus, a publisher or the module',
    why: 'Constructors keep their arguments; some private members are not there.',
    remedy: 'See "Subclasses of buses" in docs/migration.md, or write a middleware.',
  },
  duplicateHandler: {
    title: 'Two handlers of one command or query',
    why: 'Refused at startup if one application has both. The last one served in @nestjs/cqrs.',
    remedy: "Remove one, or set duplicates: 'warn': then the first serves.",
  },
  sameName: {
    title: 'Two message classes of one name',
    why: 'Refused at startup if one application handles both: their envelopes could not be told apart.',
    remedy: "Give one of them @Message({ name }), or set duplicates: 'warn'.",
  },
  removedMember: {
    title: 'Member of a bus that is not there',
    why: 'It is private in @nestjs/cqrs, and nestjs-cqrs does not have it.',
    remedy: 'See "Subclasses of buses" in docs/migration.md.',
  },
  contextAttribute: {
    title: 'ASYNC_CONTEXT_ATTRIBUTE',
    why: 'Messages do not carry the context under this key.',
    remedy: 'Ask AsyncContext.of(message).',
  },
  forRootTwice: {
    title: 'CqrsModule.forRoot more than once',
    why: 'There is one set of buses per application: different options are refused at startup.',
    remedy: 'Keep one forRoot per application; other modules import plain CqrsModule.',
  },
  rethrow: {
    title: 'rethrowUnhandled: true',
    why: 'publish rejects and the process lives on, where @nestjs/cqrs ended it.',
    remedy: 'Look for code that counts on the end of the process.',
  },
} as const satisfies Record<string, Kind>;

export type FindingKind = keyof typeof KINDS;
