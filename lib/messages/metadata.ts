import 'reflect-metadata';

/** A key under which decorators leave what they were told. `T` is what they leave. */
export interface MetadataKey<T> {
  readonly key: string | symbol;
  /**
   * What was left under a symbol, a key of this library alone; undefined until something is left. A start reads
   * all keys of all classes, most of them in vain.
   */
  left: WeakMap<object, T> | undefined;
}

/** Makes a typed key. */
export const metadataKey = <T>(key: string | symbol): MetadataKey<T> => ({ key, left: undefined });

/** What was written on exactly this target, not on what it extends. */
export const readOwn = <T>({ key, left }: MetadataKey<T>, target: object): T | undefined =>
  typeof key === 'symbol' ? left?.get(target) : (Reflect.getOwnMetadata(key, target) as T | undefined);

/** Writes on exactly this target. */
export function write<T>(key: MetadataKey<T>, value: T, target: object): void {
  if (typeof key.key !== 'symbol') return Reflect.defineMetadata(key.key, value, target);
  (key.left ??= new WeakMap()).set(target, value);
}

/** Adds to the list kept on exactly this target. */
export const append = <T>(key: MetadataKey<readonly T[]>, values: readonly T[], target: object): void =>
  write(key, [...(readOwn(key, target) ?? []), ...values], target);

/** Whether one of some foreign keys, such as those of Nest's own decorators, is on the target or on what it extends. */
export function hasForeign(keys: readonly string[], target: object): boolean {
  for (const key of Reflect.getMetadataKeys(target) as unknown[]) if (keys.includes(key as string)) return true;
  return false;
}

/** What a foreign key holds on the target or on what it extends. */
export const readForeign = (key: string | symbol, target: object): unknown => Reflect.getMetadata(key, target);

/** Writes a foreign key on a target, or on one property of it, where a library looks for it. */
export const writeForeign = (key: string, value: unknown, target: object, property?: string | symbol): void =>
  property === undefined
    ? Reflect.defineMetadata(key, value, target)
    : Reflect.defineMetadata(key, value, target, property);

/** Gives one target everything that decorators left on another. */
export const copyMetadata = (from: object, to: object): void => {
  for (const key of Reflect.getMetadataKeys(from) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
};
