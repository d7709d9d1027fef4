// Starts the soak on the built package: `npm run soak -- --minutes 10`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = path => fileURLToPath(new URL(path, import.meta.url));
const hook = new URL('../e2e/faults/compile-hook.mjs', import.meta.url).href;
const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--import', hook];
const env = { ...process.env, CQRS: new URL('../../dist/index.js', import.meta.url).href };
const { status } = spawnSync(process.execPath, [...flags, file('main.ts'), ...process.argv.slice(2)], {
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
