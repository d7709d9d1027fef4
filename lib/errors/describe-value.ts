/** Says what a value is, for errors: `an instance of Order`. Never throws, never prints contents. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function')
    return `the ${isClass(value) ? 'class' : 'function'} ${ownName(value) ?? '(anonymous)'}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  try {
    const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
    if (prototype === null) return 'an object without a prototype';
    return `an instance of ${ownName(prototype.constructor) ?? '(anonymous)'}`;
  } catch {
    return 'an object that cannot be inspected';
  }
}

/** The source text: reading a property may throw. */
const isClass = (value: object): boolean => Function.prototype.toString.call(value).startsWith('class');

/** Undefined for an anonymous class, and where reading the name throws. */
export function ownName(type: unknown): string | undefined {
  try {
    const name = (type as { name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
