require('reflect-metadata');
const common = require('@nestjs/common');
const core = require('@nestjs/core');
const cqrs = require('nestjs-cqrs');

async function main() {
  const { runApp, assertSameExports } = await import('./users.mjs');
  await runApp(common, core, cqrs);
  assertSameExports(cqrs, await import('nestjs-cqrs'));
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
