import { append, metadataKey, readOwn } from './metadata.js';

/** One of the loaded copies of this package. */
export interface Copy {
  readonly place: string;
}

/** For other copies, which cannot read its metadata. */
interface Mark {
  readonly copy: Copy;
  /** As `@Validate`. */
  readonly decorator: string;
  /** Undefined where other copies cannot use it. */
  readonly said: unknown;
}

const MARKS = metadataKey<readonly Mark[]>('nestjs-cqrs:marks');

const COPIES = Symbol.for('nestjs-cqrs:copies');

const placeOfThisFile = (): string => {
  const frame = new Error().stack?.split('\n')[1] ?? '';
  return /((?:file:|\/|[A-Za-z]:\\)[^\s()]*?)(?::\d+)*\)?$/.exec(frame)?.[1] ?? 'an unknown place';
};

const own: Copy = {
  get place() {
    return placeOfThisFile();
  },
};

/** In this process, including this one. */
const copies = ((globalThis as { [COPIES]?: Copy[] })[COPIES] ??= []);
copies.push(own);

/**
 * Leaves a decorator's mark for other copies of this package.
 * @param said for copies that can use it
 */
export const mark = (target: object, decorator: string, said?: unknown): void =>
  append(MARKS, [{ copy: own, decorator, said }], target);

export const saidByOtherCopy = (target: object, ...decorators: string[]): unknown[] =>
  foreign(target).flatMap(({ decorator, said }) =>
    decorators.includes(decorator) && said !== undefined ? [said] : [],
  );

/** Decorators of other copies that this copy cannot honour. */
export const unheardDecorators = (target: object): { readonly decorator: string; readonly place: string }[] =>
  foreign(target).flatMap(({ decorator, said, copy }) =>
    said === undefined ? [{ decorator, place: copy.place }] : [],
  );

export const hasOtherCopy = (): boolean => copies.length > 1;

export const placeOfThisCopy = (): string => own.place;

/** Most processes have one copy: then nothing is read. */
const foreign = (target: object): readonly Mark[] =>
  hasOtherCopy() ? (readOwn(MARKS, target) ?? []).filter(({ copy }) => copy !== own) : [];
