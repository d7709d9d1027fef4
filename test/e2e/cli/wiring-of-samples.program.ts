// Runs `nestjs-cqrs wiring` on the samples, in one process: argv is a list of arguments for each run, as JSON.
import { run } from '../../../lib/cli/run.js';
import { LOADER_VARIABLE } from '../../../lib/cli/wiring/typescript-loader.js';

process.env[LOADER_VARIABLE] = 'the compile hook';

const ended = [];
for (const args of process.argv.slice(2)) {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await run(JSON.parse(args) as string[], {
    folder: process.cwd(),
    print: text => void output.push(text),
    complain: text => void errors.push(text),
  });
  ended.push({ code, output: output.join('\n'), errors: errors.join('\n') });
}
process.stdout.write(JSON.stringify(ended), () => process.exit());
