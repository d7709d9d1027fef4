import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RemoteFeatures } from 'nestjs-cqrs/extension';
import type { ConformanceNote, ConformanceProcess, NoteTaker, RemoteConformanceAdapter } from 'nestjs-cqrs/testing';
import { compileHook } from '../../../support/program.js';
import { clientOf, type Address } from './engines.js';
import type { Beginning } from './program.js';

interface Promised {
  readonly features: RemoteFeatures;
  readonly severalServers?: boolean;
  readonly tellsCallerGone?: boolean;
}

/** Has processes that are to be ended. */
export interface ProcessAdapter extends RemoteConformanceAdapter {
  end(): Promise<unknown>;
}

/** The client in this process, each server in one of its own. */
export function processAdapter(name: string, address: () => Address, promised: Promised): ProcessAdapter {
  const pool = new ProgramPool();
  return {
    name,
    ...promised,
    transport: () => clientOf(address()),
    startServer: note => pool.start({ role: 'server', address: address() }, note),
    startCaller: note => pool.start({ role: 'caller', address: address() }, note),
    end: () => pool.end(),
  };
}

/** It takes seconds to load Nest: a process whose application has closed gets the next one. */
class ProgramPool {
  private readonly children = new Set<ChildProcess>();
  private readonly idle: ChildProcess[] = [];

  start(beginning: Beginning, note: NoteTaker): ConformanceProcess {
    const child = this.idle.pop() ?? this.fork();
    const listen = (told: ConformanceNote) => {
      if (told.what === 'stopped') this.idle.push(child.off('message', listen));
      note(told);
    };
    child.on('message', listen).send(beginning);
    return {
      tell: order => void (child.connected && child.send(order)),
      kill: () => killed(child),
    };
  }

  end(): Promise<unknown> {
    return Promise.all([...this.children].map(killed));
  }

  private fork(): ChildProcess {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = fork(join(import.meta.dirname, 'program.ts'), { env, execArgv: ['--import', compileHook] });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    return child;
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
