import { randomUUID } from 'node:crypto';
import type { ConformanceProcess, NoteTaker, RemoteConformanceAdapter } from './adapter.js';
import { Caller } from './call.js';
import { Journal, within } from './journal.js';
import { Ping } from './messages.js';

const PATIENCE = 10_000;

/** A process of the suite, which has told that it is ready. */
export interface Running {
  readonly id: string;
  readonly process: ConformanceProcess;
}

/** What the cases of one run share: the servers that run, an application that sends, and what was noted. */
export class World {
  readonly patience: number;
  readonly journal: Journal;
  readonly severalServers: boolean;
  private running: Running[] = [];
  private callers: Promise<Caller>[] = [];

  constructor(readonly adapter: RemoteConformanceAdapter) {
    this.patience = adapter.patience ?? PATIENCE;
    this.journal = new Journal(this.patience);
    this.severalServers = adapter.severalServers ?? true;
  }

  key(): string {
    return randomUUID();
  }

  /** The application that most cases send with. */
  caller(): Promise<Caller> {
    return this.callers[0] ?? this.freshCaller();
  }

  /** From now on this is the application that cases send with. */
  freshCaller(): Promise<Caller> {
    const caller = Caller.start(this.adapter.transport(), 4 * this.patience);
    this.callers.unshift(caller);
    return caller;
  }

  /** As many servers, each of which has answered. */
  async servers(count: number): Promise<readonly Running[]> {
    while (this.running.length > count) await this.stop(this.running.at(-1)!);
    const isNew = this.running.length < count;
    while (this.running.length < count)
      this.running.push(await this.start(this.adapter.startServer.bind(this.adapter)));
    if (isNew) await this.reachAll();
    return this.running;
  }

  /** Two where the adapter can, and where one of them answers. */
  async mostServers(): Promise<readonly Running[]> {
    return this.servers(this.severalServers && this.adapter.features.sharesLoad ? 2 : 1);
  }

  async start(begin: (note: NoteTaker) => ConformanceProcess | Promise<ConformanceProcess>): Promise<Running> {
    const known = this.journal.all('ready').length;
    const started = () => this.journal.all('ready')[known];
    const process = await begin(this.journal.take);
    await this.journal.until(() => started() !== undefined, 'a process starts', 4);
    return { id: started()!.key, process };
  }

  async stop(server: Running): Promise<void> {
    server.process.tell({ order: 'stop', key: server.id });
    await this.stopped(server);
  }

  async stopped(server: Running): Promise<void> {
    await this.journal.find('stopped', server.id);
    this.running = this.running.filter(other => other !== server);
  }

  /** Ends a server at once, for adapters that can. */
  async kill(server: Running): Promise<void> {
    await server.process.kill!();
    this.running = this.running.filter(other => other !== server);
  }

  /** Lets a handler end, wherever it runs. */
  release(key: string): void {
    for (const { process } of this.running) process.tell({ order: 'release', key });
  }

  /**
   * Sends until each server has noted that it handled a message: what they noted before has arrived then too. Brokers
   * need a moment until a new server is known.
   */
  async reachAll(): Promise<void> {
    const { queries } = await this.caller();
    const keys: string[] = [];
    const reached = () => this.running.every(({ id }) => keys.some(key => this.noted(key, id)));
    const end = performance.now() + this.patience;
    while (!reached() && performance.now() < end) {
      const key = this.key();
      keys.push(key);
      await queries.ask(new Ping(key), { timeout: 1000 }).catch(() => undefined);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    await this.journal.until(reached, 'every server is reached');
  }

  async close(): Promise<void> {
    for (const { key } of this.journal.all('started')) if (this.journal.count('ended', key) === 0) this.release(key);
    const callers = await Promise.all(this.callers.splice(0));
    await within(Promise.all(callers.map(caller => caller.close())), this.patience, 'the senders close');
    await this.servers(0);
  }

  private noted(key: string, server: string): boolean {
    return this.journal.all('handled', key).some(({ detail }) => detail === server);
  }
}
