import { readFileSync } from 'node:fs';

/** What the commands read of the package.json of this package. */
export interface OwnPackage {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** The folder of this package, with a slash at the end. The sources and `dist` are equally deep in it. */
export const OWN_FOLDER = new URL('../../', import.meta.url);

/** This package, as it is installed. */
export const OWN_PACKAGE = JSON.parse(readFileSync(new URL('package.json', OWN_FOLDER), 'utf8')) as OwnPackage;
