import type { Disposer } from '../handlers/changes.js';
import type { Probe } from '../pipeline/probe.js';
import { channelProbe } from './channel-probe.js';
import { announceWired, namesInUse, whenSubscribersChange, type Wired } from './channels.js';

/** Lets the tracing channels watch an application, as long as they have subscribers. */
export class ApplicationChannels {
  private names = '';
  private unobserve: Disposer | undefined;
  private readonly unlisten: Disposer;
  /** Kept, since those who hear of it may not. */
  private readonly wired: Wired = { observe: (probe: Probe): Disposer => this.application.observe(probe) };
  /** Kept, since the channels do not. */
  private readonly changed = (): void => this.follow();

  constructor(private readonly application: Wired) {
    this.unlisten = whenSubscribersChange(this.changed);
    this.follow();
    announceWired(this.wired);
  }

  close(): void {
    this.unlisten();
    this.unobserve?.();
  }

  private follow(): void {
    const names = namesInUse();
    if (names.join() === this.names) return;
    this.names = names.join();
    this.unobserve?.();
    this.unobserve = names.length === 0 ? undefined : this.application.observe(channelProbe(names));
  }
}
