import { append, metadataKey, readOwn } from './metadata.js';

/** One copy of this package that has been loaded; a process may have several, each with decorators of its own. */
export interface Copy {
  /** Where it was loaded from. */
  readonly place: string;
}

/** What a decorator leaves for other copies of this package, which cannot read what it leaves for its own. */
interface Mark {
  readonly copy: Copy;
  /** As it is written: `@Validate`. */
  readonly decorator: string;
  /** What it said, where another copy can make use of it. */
  readonly said: unknown;
}

const MARKS = metadataKey<readonly Mark[]>('nestjs-cqrs:marks');

const COPIES = Symbol.for('nestjs-cqrs:copies');

/** The file of this function, which is part of this copy. */
const placeOfThisFile = (): string => {
  const frame = new Error().stack?.split('\n')[1] ?? '';
  return /((?:file:|\/|[A-Za-z]:\\)[^\s()]*?)(?::\d+)*\)?$/.exec(frame)?.[1] ?? 'an unknown place';
};

const own: Copy = {
  get place() {
    return placeOfThisFile();
  },
};

/** All copies of this package that the process has loaded, this one among them; they know nothing else of each other. */
const copies = ((globalThis as { [COPIES]?: Copy[] })[COPIES] ??= []);
copies.push(own);

/**
 * Leaves a mark for other copies of this package.
 * @param target what is decorated
 * @param decorator as it is written: `@Validate`
 * @param said what another copy can make use of
 */
export const mark = (target: object, decorator: string, said?: unknown): void =>
  append(MARKS, [{ copy: own, decorator, said }], target);

/** What decorators of another copy said of a target to those who can make use of it. */
export const saidByOtherCopy = (target: object, ...decorators: string[]): unknown[] =>
  foreign(target).flatMap(({ decorator, said }) =>
    decorators.includes(decorator) && said !== undefined ? [said] : [],
  );

/** The decorators of another copy on a target that this copy cannot honour, and where that copy is. */
export const unheardDecorators = (target: object): { readonly decorator: string; readonly place: string }[] =>
  foreign(target).flatMap(({ decorator, said, copy }) =>
    said === undefined ? [{ decorator, place: copy.place }] : [],
  );

/** Whether the process has loaded another copy. */
export const hasOtherCopy = (): boolean => copies.length > 1;

/** Where this copy was loaded from. */
export const placeOfThisCopy = (): string => own.place;

/** Most processes have one copy: then nothing is read. */
const foreign = (target: object): readonly Mark[] =>
  hasOtherCopy() ? (readOwn(MARKS, target) ?? []).filter(({ copy }) => copy !== own) : [];
