/** The package that this one replaces. */
export const INCUMBENT = '@nestjs/cqrs';

export const OWN_NAME = 'nestjs-cqrs';

/** Its files too. */
export const namesIncumbent = (specifier: string): boolean =>
  specifier === INCUMBENT || specifier.startsWith(`${INCUMBENT}/`);

export const namesEither = (specifier: string): boolean =>
  namesIncumbent(specifier) || specifier === OWN_NAME || specifier.startsWith(`${OWN_NAME}/`);

/** A module name, path or pattern, not a sentence. */
export const looksLikeIncumbent = (text: string): boolean =>
  !/\s/.test(text) && /(^|[^\w@-])@nestjs(\\?\/)cqrs(?![\w-])/.test(text);

/** Undefined if this package has no such path. */
export type Rename = (specifier: string) => string | undefined;

/**
 * @param exports of this package
 * @param exists gets a path as `exports` writes it
 */
export const renameBy =
  (exports: Readonly<Record<string, unknown>>, exists: (target: string) => boolean): Rename =>
  specifier => {
    const path = `.${specifier.slice(INCUMBENT.length)}`;
    const candidates = [path, path.replace(/\.js$/, '')];
    const served = candidates.find(candidate => isServed(candidate, exports, exists));
    return served === undefined ? undefined : `${OWN_NAME}${served.slice(1)}`;
  };

function isServed(
  path: string,
  exports: Readonly<Record<string, unknown>>,
  exists: (target: string) => boolean,
): boolean {
  if (Object.hasOwn(exports, path)) return exports[path] !== null;
  return Object.entries(exports).some(([key, target]) => {
    const [start, end] = key.split('*');
    if (end === undefined || !path.startsWith(start!) || !path.endsWith(end)) return false;
    const inner = path.slice(start!.length, path.length - end.length);
    return targetsOf(target).some(file => exists(file.replaceAll('*', inner)));
  });
}

/** Under any condition. */
const targetsOf = (target: unknown): string[] =>
  typeof target === 'string' ? [target] : Object.values(target ?? {}).flatMap(targetsOf);
