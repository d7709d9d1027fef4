// Bundles bundled-app.mjs of the working directory with the packages that it needs: `node build.mjs <bundler> <output>`.
// The name of the output says the format: ES modules for .mjs, CommonJS for .cjs.
import { builtinModules } from 'node:module';
import { basename, dirname, extname, resolve } from 'node:path';

const [bundler, file] = process.argv.slice(2);
const input = resolve('bundled-app.mjs');
const output = resolve(file);
const format = extname(output) === '.cjs' ? 'cjs' : 'esm';

/** Nest loads these where they are installed. */
const absent = ['@nestjs/microservices', '@nestjs/platform-express', '@nestjs/websockets', 'file-type'];
const isAbsent = id => absent.some(name => id === name || id.startsWith(`${name}/`));
const isExternal = id => isAbsent(id) || id.startsWith('node:') || builtinModules.includes(id);

const bundlers = {
  async esbuild() {
    const { build } = await import('esbuild');
    // In ES modules Node has no `require`, with which CommonJS packages load modules of Node.
    const js = "import * as nodeModule from 'node:module'; const require = nodeModule.createRequire(import.meta.url);";
    await build({
      entryPoints: [input],
      outfile: output,
      bundle: true,
      platform: 'node',
      format,
      external: absent.flatMap(name => [name, `${name}/*`]),
      banner: format === 'esm' ? { js } : {},
      logLevel: 'error',
    });
  },

  async rollup() {
    const { rollup } = await import('rollup');
    const { default: commonjs } = await import('@rollup/plugin-commonjs');
    const { default: json } = await import('@rollup/plugin-json');
    const { default: nodeResolve } = await import('@rollup/plugin-node-resolve');
    // #region rollup
    const oneClassTransformer = {
      name: 'one-class-transformer',
      resolveId(id) {
        return id === 'class-transformer' ? this.resolve('class-transformer/cjs/index.js') : null;
      },
    };
    // #endregion
    const bundle = await rollup({
      input,
      external: isExternal,
      plugins: [oneClassTransformer, nodeResolve(), commonjs({ ignore: isAbsent }), json()],
      onLog() {},
    });
    await bundle.write({ file: output, format, inlineDynamicImports: true });
  },

  async webpack() {
    const { default: webpack } = await import('webpack');
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry: input,
      output: { path: dirname(output), filename: basename(output), module: format === 'esm' },
      experiments: { outputModule: format === 'esm' },
      optimization: { minimize: false },
      // #region webpack
      resolve: { alias: { 'class-transformer$': 'class-transformer/cjs/index.js' } },
      // #endregion
      externals: [
        ({ request }, callback) => (isAbsent(request) ? callback(null, `node-commonjs ${request}`) : callback()),
      ],
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  },

  async vite() {
    const { build } = await import('vite');
    await build({
      configFile: false,
      logLevel: 'error',
      // #region vite
      resolve: { alias: [{ find: /^class-transformer$/, replacement: 'class-transformer/cjs/index.js' }] },
      // #endregion
      ssr: { noExternal: true, external: absent },
      build: {
        ssr: input,
        outDir: dirname(output),
        emptyOutDir: false,
        minify: false,
        rolldownOptions: { output: { format, entryFileNames: basename(output) } },
      },
    });
  },
};

await bundlers[bundler]();
