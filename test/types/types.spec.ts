import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Compiles `positive/` (must compile) and `negative/` (each `@ts-expect-error` must hide an error, and there must be
 * no other) against the built declarations of `dist/`. A superfluous `@ts-expect-error` is an error itself, so one
 * rule serves all folders: no diagnostics. `newer/` has both, for packages that the oldest compiler cannot read.
 */
const root = join(import.meta.dirname, '../..');

/** The oldest promised, the last with the old compiler's API, the newest. Nest 12 and rxjs 7 are fine with all of them. */
const compilers = ['typescript-5.5', 'typescript-5.9', 'typescript-7'];
const filesIn = (...folders: string[]) =>
  folders.flatMap(folder =>
    readdirSync(join(import.meta.dirname, folder))
      .filter(file => file.endsWith('.ts'))
      .map(file => `test/types/${folder}/${file}`),
  );
const projects = [
  ...compilers.map(compiler => ({ compiler, project: 'test/types', files: filesIn('positive', 'negative') })),
  ...compilers.slice(1).map(compiler => ({ compiler, project: 'test/types/newer', files: filesIn('newer') })),
];

describe.each(projects)('$compiler -p $project', ({ compiler, project, files }) => {
  let diagnostics: Map<string, string[]>;

  beforeAll(async () => {
    diagnostics = byFile(await compile(compiler, project));
  }, 120_000);

  it.each(files)('agrees with %s', file => {
    expect(diagnostics.get(file) ?? []).toEqual([]);
  });

  it('finds no fault in the declarations of dist', () => {
    const faults = [...diagnostics].filter(([file]) => file.startsWith('dist/'));
    expect(faults).toEqual([]);
  });
});

function compile(compiler: string, project: string): Promise<string> {
  const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '-p', project], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

/** Groups tsc's output by file; what has no file (a wrong option, say) counts against all of dist. */
function byFile(output: string): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const line of output.split('\n').filter(text => /error TS\d+/.test(text))) {
    const file = /^(.+?)\(\d+,\d+\): error/.exec(line)?.[1] ?? 'dist/';
    result.set(file, [...(result.get(file) ?? []), line]);
  }
  return result;
}
