import 'reflect-metadata';

/** A key under which decorators leave a `T`. */
export interface MetadataKey<T> {
  readonly key: string | symbol;
  /** Values under a symbol. Startup reads all keys of all classes, mostly in vain. */
  left: WeakMap<object, T> | undefined;
}

export const metadataKey = <T>(key: string | symbol): MetadataKey<T> => ({ key, left: undefined });

/** Ignores inherited values. */
export const readOwn = <T>({ key, left }: MetadataKey<T>, target: object): T | undefined =>
  typeof key === 'symbol' ? left?.get(target) : (Reflect.getOwnMetadata(key, target) as T | undefined);

export function write<T>(key: MetadataKey<T>, value: T, target: object): void {
  if (typeof key.key !== 'symbol') return Reflect.defineMetadata(key.key, value, target);
  (key.left ??= new WeakMap()).set(target, value);
}

export const append = <T>(key: MetadataKey<readonly T[]>, values: readonly T[], target: object): void =>
  write(key, [...(readOwn(key, target) ?? []), ...values], target);

/** As keys of Nest's decorators; includes inherited ones. */
export function hasForeign(keys: readonly string[], target: object): boolean {
  for (const key of Reflect.getMetadataKeys(target) as unknown[]) if (keys.includes(key as string)) return true;
  return false;
}

/** Includes inherited values. */
export const readForeign = (key: string | symbol, target: object): unknown => Reflect.getMetadata(key, target);

export const writeForeign = (key: string, value: unknown, target: object, property?: string | symbol): void =>
  property === undefined
    ? Reflect.defineMetadata(key, value, target)
    : Reflect.defineMetadata(key, value, target, property);

export const copyMetadata = (from: object, to: object): void => {
  for (const key of Reflect.getMetadataKeys(from) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
};
