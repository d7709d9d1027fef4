import type { INestApplicationContext } from '@nestjs/common';
import type { Queues, QueueState } from '../../index.js';
import { oneOf, parsedArguments } from '../arguments.js';
import { type Command, EXIT, type Terminal, WrongUse } from '../command.js';
import { paintFor } from './colours.js';
import { APPLICATION_HELP, loaded, loggerOf, withApplication } from './opened-wiring.js';
import type { LoadedApplication } from './load-application.js';
import { NotLoaded } from './not-loaded.js';

const HELP = `Usage: nestjs-cqrs queues [app module] [--export <name>] [--format text|json]

Shows how the queues of an application are doing, of all processes that share them: how many messages
wait, how old the oldest is, how many were handled within the last minute, how many are dead letters.
Starts the application and takes no message: its hooks run, and its databases must be there.

${APPLICATION_HELP}
  --format <form>   text (default) or json
  -h, --help        show this help

Exit codes: 0 shown, 1 the queues cannot be read, 2 the application cannot be loaded, or wrong use.`;

export const queues: Command = {
  help: HELP,
  run(args, terminal) {
    const { values, positionals } = parsedArguments(args, { export: { type: 'string' }, format: { type: 'string' } });
    if (positionals.length > 1) throw new WrongUse(`queues takes one file, not ${positionals.length}.`);
    const format = oneOf('format', values.format, ['text', 'json']);
    const given = { terminal, args: ['queues', ...args], module: positionals[0], export: values.export };
    return withApplication(given, application => show(application, format, terminal));
  },
};

async function show(
  { root, library }: LoadedApplication,
  format: 'text' | 'json',
  terminal: Terminal,
): Promise<number> {
  const { idleApplication } = library.extension;
  let app: INestApplicationContext | undefined;
  try {
    app = await loaded(() => idleApplication(root, { logger: loggerOf(terminal) }));
    const states = await queuesOf(app, library.index.Queues).list();
    terminal.print(
      format === 'json' ? JSON.stringify(states, undefined, 2) : table(states, paintFor(terminal.isColoured)),
    );
    return EXIT.done;
  } catch (error) {
    if (error instanceof NotLoaded) throw error;
    terminal.complain((error as Error).message);
    return EXIT.failed;
  } finally {
    await app?.close();
  }
}

function queuesOf(app: INestApplicationContext, token: typeof Queues): Queues {
  try {
    return app.get(token, { strict: false });
  } catch {
    throw new Error(
      'The application has no queues: it does not import CqrsModule. Import it in the root module: CqrsModule.forRoot({ durable: { transport: pgBoss(boss) } }).',
    );
  }
}

const HEADINGS = ['queue', 'ready', 'later', 'active', 'dead', 'oldest', 'per minute'];

function table(states: readonly QueueState[], paint: ReturnType<typeof paintFor>): string {
  if (states.length === 0) return 'The application has no queues.';
  const rows = states.map(({ queue, ready, delayed, active, dead, oldest, handledLastMinute }) => [
    queue,
    ...[ready, delayed, active, dead].map(String),
    oldest === undefined ? '' : ageOf(oldest),
    handledLastMinute === undefined ? '' : String(handledLastMinute),
  ]);
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map(row => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const painted = rows.map((row, i) => (states[i]!.dead > 0 ? paint('red', line(row)) : line(row)));
  return [paint('bold', line(HEADINGS)), ...painted].join('\n');
}

/** As `3 min`. */
function ageOf(date: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - date.getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
