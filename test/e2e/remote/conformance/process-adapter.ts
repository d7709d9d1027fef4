import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RemoteFeatures } from 'nestjs-cqrs/extension';
import type { ConformanceNote, ConformanceProcess, NoteTaker, RemoteConformanceAdapter } from 'nestjs-cqrs/testing';
import { compileHook } from '../../../support/program.js';
import { clientOf, type Address } from './engines.js';

interface Promised {
  readonly features: RemoteFeatures;
  readonly severalServers?: boolean;
  readonly tellsCallerGone?: boolean;
}

/** Ends what the suite has left. */
export interface ProcessAdapter extends RemoteConformanceAdapter {
  end(): Promise<unknown>;
}

/** The client in this process, each server in one of its own. */
export function processAdapter(name: string, address: () => Address, promised: Promised): ProcessAdapter {
  const children = new Set<ChildProcess>();
  const start = (role: 'server' | 'caller') => (note: NoteTaker) => {
    const child = run(role, address(), note);
    children.add(child);
    child.once('exit', () => children.delete(child));
    return processOf(child);
  };
  return {
    name,
    ...promised,
    transport: () => clientOf(address()),
    startServer: start('server'),
    startCaller: start('caller'),
    end: () => Promise.all([...children].map(killed)),
  };
}

function run(role: string, address: Address, note: NoteTaker): ChildProcess {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(join(import.meta.dirname, 'program.ts'), [role, JSON.stringify(address)], {
    env,
    execArgv: ['--import', compileHook],
  });
  child.on('message', told => note(told as ConformanceNote));
  return child;
}

const processOf = (child: ChildProcess): ConformanceProcess => ({
  tell: order => void child.send(order),
  kill: () => killed(child),
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
