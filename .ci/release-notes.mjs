// `node .ci/release-notes.mjs [tag]`: prints what CHANGELOG.md says of the version in package.json. Fails where it says
// nothing, or the tag is that of another version.
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const [tag = `v${version}`] = process.argv.slice(2);
const [, ...sections] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
const notes = sections
  .find(section => section.split('\n', 1)[0].trim() === version)
  ?.replace(/^.*\n/, '')
  .trim();

if (tag !== `v${version}`) fail(`The tag ${tag} is not that of version ${version} in package.json.`);
else if (!notes) fail(`CHANGELOG.md says nothing under "## ${version}".`);
else console.log(notes);

function fail(text) {
  console.error(text);
  process.exitCode = 1;
}
