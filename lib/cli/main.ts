#!/usr/bin/env node
import { EXIT } from './command.js';
import { run } from './run.js';

const { FORCE_COLOR, NO_COLOR } = process.env;

// Kept: an application may put others in their place.
const write = process.stdout.write.bind(process.stdout);
const writeError = process.stderr.write.bind(process.stderr);
const exit = process.exit.bind(process);

const complain = (text: string): void => void writeError(`${text}\n`);

// What the application prints, as loggers do, must not get into what the command prints.
process.stdout.write = writeError;

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
  exit();
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', notWritten);

const code = await run(process.argv.slice(2), {
  folder: process.cwd(),
  isColoured: !NO_COLOR && (process.stdout.isTTY || (FORCE_COLOR !== undefined && FORCE_COLOR !== '0')),
  print: text => void write(`${text}\n`),
  complain,
});
isDone = true;

// An application may hold timers and connections that its files have opened. What was written leaves first.
write('', error => {
  // A file tells it here before its event.
  if (error) notWritten(error);
  writeError('', () => exit(code));
});
