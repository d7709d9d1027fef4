import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One statement or command that a client sends. */
export interface Step {
  readonly bytes: Buffer;
  /** What it is; undefined for a part that is no step of its own. */
  readonly kind?: string | undefined;
}

/** How a client speaks with its engine. */
export interface Protocol {
  /** For one connection: takes what the client has sent, gives whole steps. */
  reader(): (data: Buffer) => Step[];
  /** For one connection, told each answer after the step of the cut: whether the engine has done the step. */
  answered(): (data: Buffer) => boolean;
  /** Sent to the engine after the step of the cut, where the protocol has something that it answers. */
  readonly probe?: Buffer;
}

/** Where the line is cut. */
export interface Cut {
  readonly kind: string;
  /** 1 for the first of its kind. */
  readonly occurrence: number;
  /** `before` the engine has the step; `after` it has done it, and before the answer arrives. */
  readonly side: 'before' | 'after';
  /** `line`: one connection breaks. `client`: all do, and no other is taken, as if the client was killed. */
  readonly what: 'line' | 'client';
}

/** Stands between one client and its engine, and cuts the line at one step. */
export class CuttingProxy {
  /** Steps since `arm()`, by kind. */
  readonly counts = new Map<string, number>();
  isCut = false;
  private cut: Cut | undefined;
  private isArmed = false;
  private isRefusing = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly engine: { readonly host: string; readonly port: number },
    private readonly protocol: Protocol,
  ) {
    server.on('connection', client => this.join(client));
  }

  static async start(engine: { host: string; port: number }, protocol: Protocol): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, engine, protocol);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on steps are counted. */
  arm(cut?: Cut): void {
    this.cut = cut;
    this.isArmed = true;
  }

  close(): void {
    this.server.close();
    this.breakAll();
  }

  private breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket): void {
    if (this.isRefusing) return void client.destroy();
    const engine = connect(this.engine.port, this.engine.host).setNoDelay();
    client.setNoDelay();
    const read = this.protocol.reader();
    let isDone: ((data: Buffer) => boolean) | undefined;
    const end = () => {
      client.destroy();
      engine.destroy();
    };
    const breakLine = () => {
      this.isCut = true;
      if (this.cut!.what === 'line') return end();
      this.isRefusing = true;
      this.breakAll();
    };
    client.on('data', data => {
      // The rest of a statement belongs to it; a command is whole.
      if (isDone !== undefined && this.protocol.probe !== undefined) return;
      for (const { bytes, kind } of read(data)) {
        const isHere = kind !== undefined && this.isNext(kind);
        if (isHere && this.cut!.side === 'before') return breakLine();
        engine.write(bytes);
        if (!isHere) continue;
        isDone = this.protocol.answered();
        if (this.protocol.probe === undefined) continue;
        engine.write(this.protocol.probe);
        return;
      }
    });
    engine.on('data', data => {
      if (isDone === undefined) client.write(data);
      else if (isDone(data)) breakLine();
    });
    for (const socket of [client, engine]) {
      this.sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          this.sockets.delete(socket);
          end();
        });
    }
  }

  private isNext(kind: string): boolean {
    if (!this.isArmed) return false;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    return !this.isCut && this.cut?.kind === kind && this.cut.occurrence === count;
  }
}
