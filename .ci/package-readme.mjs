// `node .ci/package-readme.mjs <revision>`: gives the links of README.md the address of the repository at the revision.
// The page of the package on npm, and copies of it, have no files beside them. Run by the release workflow.
import { readFileSync, writeFileSync } from 'node:fs';
import { withAddresses } from './repository-links.mjs';

const [revision = 'HEAD'] = process.argv.slice(2);
const page = readFileSync('README.md', 'utf8');
const changed = withAddresses(page, revision, JSON.parse(readFileSync('package.json', 'utf8')));

writeFileSync('README.md', changed);
console.log(
  changed === page
    ? 'README.md keeps its relative links: package.json names no repository on GitHub.'
    : `README.md: relative links lead to the repository at ${revision}.`,
);
