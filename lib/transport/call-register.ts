import { randomUUID } from 'node:crypto';
import type { ControlFrame } from './frame.js';

/** A call that the process which made it can reach. */
export interface ReachableCall {
  cancel(): void;
  /** @param rows how many may be sent since the beginning; says that the reader is there, too */
  more(rows: number): void;
}

/** The calls that run, by names that only their callers know. */
export class CallRegister {
  private readonly calls = new Map<string, ReachableCall>();

  get size(): number {
    return this.calls.size;
  }

  add(call: ReachableCall): string {
    const name = randomUUID();
    this.calls.set(name, call);
    return name;
  }

  remove(name: string): void {
    this.calls.delete(name);
  }

  cancel({ call }: ControlFrame): void {
    this.calls.get(call)?.cancel();
  }

  more({ call, rows = 0 }: ControlFrame): void {
    this.calls.get(call)?.more(rows);
  }
}
