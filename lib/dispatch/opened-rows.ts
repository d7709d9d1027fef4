import type { MessageContext } from '../context/message-context.js';
import type { ProbeWatch } from './probe-watch.js';
import type { OpeningRows, Probes } from './probes.js';

/** A stream query whose rows are read, as probes see it. */
export class OpenedRows implements OpeningRows {
  private watch: ProbeWatch | undefined;

  constructor(
    readonly query: object,
    private readonly probes: Probes,
  ) {}

  /** @param execute reaches the pipeline, which knows the context, in the same turn */
  open<R>(execute: () => R): R {
    this.probes.opening = this;
    try {
      return execute();
    } finally {
      this.probes.opening = undefined;
    }
  }

  begin(context: MessageContext): void {
    this.watch ??= this.probes.begin('rows', { query: this.query, context });
  }

  /** Runs what reads a row. */
  run<R>(part: () => R): R {
    return this.watch === undefined ? part() : this.watch.run(part);
  }

  end(failure?: { readonly error: unknown }): void {
    this.watch?.end(failure);
  }
}
