import type { RemoteFeatures, RemoteTransport } from '../../extension.js';

/** What a process of the suite tells: plain JSON, so that it can leave the process. */
export interface ConformanceNote {
  readonly what: 'ready' | 'handled' | 'started' | 'ended' | 'rejection' | 'stopped';
  /** Names the message that it is about. */
  readonly key: string;
  readonly detail?: string;
}

/** What a process of the suite is told: plain JSON. */
export interface ConformanceOrder {
  /** `release` ends a handler that waits. Callers send a query at `ask` and `ask-briefly`, and read rows at `read`. */
  readonly order: 'stop' | 'release' | 'ask' | 'ask-briefly' | 'read';
  /** Names the message that it is about. */
  readonly key: string;
}

/** Receives what a process of the suite tells. */
export type NoteTaker = (note: ConformanceNote) => void;

/** A process that runs `serveConformance()` or `callConformance()`. */
export interface ConformanceProcess {
  /** Passes an order on to the `tell()` of what runs there. */
  tell(order: ConformanceOrder): void;
  /** Ends the process at once, as SIGKILL does. Left out where the server runs in the process of the suite. */
  kill?(): Promise<void>;
}

/** An adapter under test. All that it makes meets in one service: the same address, queue or prefix. */
export interface RemoteConformanceAdapter {
  /** Shown in failures. */
  readonly name: string;
  /** What it promises; cases of features that it does not have are skipped. */
  readonly features: RemoteFeatures;
  /** Whether several servers of the service can run on one machine. Default: true. */
  readonly severalServers?: boolean;
  /** Whether a server learns that the process of a caller is gone. Without it handlers end at their time limit. Default: false. */
  readonly tellsCallerGone?: boolean;
  /** How long a case waits for what has to happen, in milliseconds. Default: 10,000. */
  readonly patience?: number;
  /** Makes a client of the service. */
  transport(): RemoteTransport;
  /** Starts another server of the service: `serveConformance(server, note)`, if possible in a process of its own. */
  startServer(note: NoteTaker): ConformanceProcess | Promise<ConformanceProcess>;
  /** Starts `callConformance(transport, note)` in a process that can be killed. Left out: its case is skipped. */
  startCaller?(note: NoteTaker): ConformanceProcess | Promise<ConformanceProcess>;
}
