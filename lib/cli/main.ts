#!/usr/bin/env node
import { run } from './run.js';

const { FORCE_COLOR, NO_COLOR } = process.env;

// The reader of a pipe may close it, as head does.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });

process.exitCode = await run(process.argv.slice(2), {
  folder: process.cwd(),
  isColoured: !NO_COLOR && (process.stdout.isTTY || (FORCE_COLOR !== undefined && FORCE_COLOR !== '0')),
  print: text => void process.stdout.write(`${text}\n`),
  complain: text => void process.stderr.write(`${text}\n`),
});

// An application may hold connections that its files have opened. What was written leaves first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
