import { Expose, instanceToPlain, plainToClassFromExist, type ClassTransformOptions } from 'class-transformer';
// @ts-expect-error -- class-transformer has no types for its storage, and no other way to ask what is decorated
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { CqrsException, type MessageType, type MessageValidator, type PayloadEngine } from '../../extension.js';

/**
 * `envelopes: { engines: [classTransformer()] }` converts classes with `@Type`, `@Expose`, `@Exclude` or `@Transform`.
 * Constructors of classes in `@Type` run, the message's does not.
 * @throws CqrsException `CQRS_SECOND_COPY` if a bundle holds class-transformer twice
 */
export function classTransformer(options: ClassTransformOptions = {}): PayloadEngine {
  assertOneCopy();
  return {
    handles: isDecorated,
    toPlain: instance => instanceToPlain(instance, options),
    fromPlain: (fields, type) =>
      plainToClassFromExist(Object.create(type.prototype as object) as object, fields, options),
  };
}

/**
 * `validation: { with: [messageTransformer(), classValidator()] }` transforms messages before validation. The handler
 * gets the result.
 * @throws as {@link classTransformer}
 */
export function messageTransformer(options: ClassTransformOptions = {}): MessageValidator {
  assertOneCopy();
  return {
    validates: isDecorated,
    validate: (message, type) => ({
      value: plainToClassFromExist(Object.create(type.prototype as object) as object, { ...message }, options),
    }),
  };
}

type Kept = ReadonlyMap<unknown, unknown>;

interface Storage {
  readonly _typeMetadatas: Kept;
  readonly _transformMetadatas: Kept;
  readonly _exposeMetadatas: Kept;
  readonly _excludeMetadatas: Kept;
}

function isDecorated(type: MessageType): boolean {
  const { _typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas } =
    defaultMetadataStorage as Storage;
  const lineage = lineageOf(type);
  return [_typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas].some(kept =>
    lineage.some(ancestor => kept.has(ancestor)),
  );
}

function lineageOf(type: unknown): unknown[] {
  const line: unknown[] = [];
  for (let each = type; typeof each === 'function'; each = Object.getPrototypeOf(each)) line.push(each);
  return line;
}

/** Bundlers resolve the package to `esm5`, its storage, imported by path, to `cjs`: a second, empty storage. */
function assertOneCopy(): void {
  if (isDecorated(Probe)) return;
  throw new CqrsException({
    code: 'CQRS_SECOND_COPY',
    what: 'The bundle holds class-transformer twice, so that its decorators are not seen.',
    remedy: "Let the bundler resolve 'class-transformer' to 'class-transformer/cjs/index.js', by an alias.",
  });
}

class Probe {}
Expose()(Probe);
