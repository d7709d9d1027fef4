import { readFileSync } from 'node:fs';

export interface OwnPackage {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Ends with a slash. `lib` and `dist` are equally deep. */
export const OWN_FOLDER = new URL('../../', import.meta.url);

export const OWN_PACKAGE = JSON.parse(readFileSync(new URL('package.json', OWN_FOLDER), 'utf8')) as OwnPackage;
