// Builds dist/ (ES modules and declarations, by tsc) and dist/cjs/ (the CommonJS copy, by swc).
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const lib = join(root, 'lib');
const dist = join(root, 'dist');
const cjs = join(dist, 'cjs');

await rm(dist, { recursive: true, force: true });

const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc')], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

await copyFile(join(lib, 'introspection/wiring.schema.json'), join(dist, 'wiring.schema.json'));

// The commands run as ES modules and are imported by no one.
const isCommand = file => /^cli[\\/]/.test(file);
const sources = (await readdir(lib, { recursive: true })).filter(
  file => /(?<!\.d)\.ts$/.test(file) && !isCommand(file),
);
await Promise.all(
  sources.map(async file => {
    const target = join(cjs, file.replace(/\.ts$/, '.js'));
    const { code, map } = await transformFile(join(lib, file), {
      configFile: false,
      swcrc: false,
      sourceMaps: true,
      sourceFileName: relative(dirname(target), join(lib, file)),
      module: { type: 'commonjs', strict: true },
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: true },
      },
    });
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, `${code}//# sourceMappingURL=${basename(target)}.map\n`);
    await writeFile(`${target}.map`, map ?? '');
    // The declarations are the same text; the package.json below makes TypeScript read these as CommonJS.
    const declaration = file.replace(/\.ts$/, '.d.ts');
    await copyFile(join(dist, declaration), join(cjs, declaration));
  }),
);
await writeFile(join(cjs, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
