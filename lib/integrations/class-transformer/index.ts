import { instanceToPlain, plainToClassFromExist, type ClassTransformOptions } from 'class-transformer';
// @ts-expect-error -- class-transformer has no types for its storage, and no other way to ask what is decorated
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import type { MessageType, MessageValidator, PayloadEngine } from '../../index.js';

/**
 * Converts payloads of classes that have decorators of class-transformer (`@Type`, `@Expose`, `@Exclude`,
 * `@Transform`): `envelopes: { engines: [classTransformer()] }`. The constructor of the message does not run; those of
 * classes named by `@Type` do, as class-transformer always does.
 * @param options of class-transformer
 */
export function classTransformer(options: ClassTransformOptions = {}): PayloadEngine {
  return {
    handles: isDecorated,
    toPlain: instance => instanceToPlain(instance, options),
    fromPlain: (fields, type) =>
      plainToClassFromExist(Object.create(type.prototype as object) as object, fields, options),
  };
}

/**
 * Transforms messages by the same decorators before they are validated:
 * `validation: { with: [messageTransformer(), classValidator()] }`. The handler gets what the validator saw.
 * @param options of class-transformer
 */
export function messageTransformer(options: ClassTransformOptions = {}): MessageValidator {
  return {
    validates: isDecorated,
    validate: (message, type) => ({
      value: plainToClassFromExist(Object.create(type.prototype as object) as object, { ...message }, options),
    }),
  };
}

/** What decorators said, by class. */
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
