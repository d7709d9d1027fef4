import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A service in a process of its own. */
export class Service {
  private readonly process: ChildProcess;

  constructor(
    readonly name: string,
    env: NodeJS.ProcessEnv,
    read: (line: string) => void,
  ) {
    const program = new URL(`./${name}/main${extname(import.meta.url)}`, import.meta.url);
    // A child whose channel to its parent closes ends by itself, however the parent has ended.
    this.process = fork(fileURLToPath(program), { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    createInterface({ input: this.process.stdout! }).on('line', read);
  }

  get id(): number {
    return this.process.pid!;
  }

  /** @returns its address, where it has one for people */
  async ready(): Promise<string | undefined> {
    const ended = once(this.process, 'exit').then(([code]) => {
      throw new Error(`${this.name} has ended with code ${code}.`);
    });
    const [{ url }] = (await Promise.race([once(this.process, 'message'), ended])) as [{ url?: string }];
    return url;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    if (this.process.connected) this.process.disconnect();
    await ended;
  }
}

export async function freePort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}
