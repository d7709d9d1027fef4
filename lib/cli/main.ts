#!/usr/bin/env node
import { EXIT } from './command.js';
import { run } from './run.js';

const { FORCE_COLOR, NO_COLOR } = process.env;

const write = process.stdout.write.bind(process.stdout);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

// What the application prints, as loggers do, must not get into what the command prints.
process.stdout.write = process.stderr.write.bind(process.stderr);

let isDone = false;

process.on('exit', () => {
  if (isDone) return;
  complain(
    'The process ended before the command did: the application calls process.exit(), fails outside of its module, or awaits at its top level what never comes.',
  );
  process.exitCode = EXIT.wrongUse;
});

/** The reader of a pipe may close it, as head does. */
function notWritten(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  isDone = true;
  process.exit();
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', notWritten);

process.exitCode = await run(process.argv.slice(2), {
  folder: process.cwd(),
  isColoured: !NO_COLOR && (process.stdout.isTTY || (FORCE_COLOR !== undefined && FORCE_COLOR !== '0')),
  print: text => void write(`${text}\n`),
  complain,
});
isDone = true;

// An application may hold connections that its files have opened. What was written leaves first.
write('', error => {
  // A file tells it here before its event.
  if (error) notWritten(error);
  process.stderr.write('', () => process.exit());
});
