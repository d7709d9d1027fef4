require('reflect-metadata');
const common = require('@nestjs/common');
const core = require('@nestjs/core');
const cqrs = require('nestjs-cqrs');

async function main() {
  const { runApp, assertOneCopy } = await import('./users.mjs');
  await runApp(common, core, cqrs);
  await assertOneCopy(require);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
