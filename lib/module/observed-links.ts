import type { INestApplicationContext } from '@nestjs/common';
import { LinkCounts } from '../introspection/link-counts.js';
import { LinkProbe } from '../introspection/link-probe.js';
import type { WiringObserved } from '../introspection/wiring-document.js';
import { Wiring } from '../introspection/wiring.js';
import { observe } from './observe.js';

/**
 * Sees which handler or saga sends which message of an application, and counts: give it to `document()`, `explain()`
 * and `toMermaid()` of `Wiring`. A link is seen, never guessed; what was not sent has none.
 *
 * It counts each message that is sent, stored or published, whether it succeeds or not. It keeps a number for each pair
 * of sender and message class, at most 10,000, and no message. While it observes, each dispatch runs within an
 * `AsyncLocalStorage` of its own.
 */
export class ObservedLinks {
  readonly since = new Date();
  private readonly counts = new LinkCounts();
  private readonly probe = new LinkProbe(this.counts);
  private readonly wiring: Wiring;
  private readonly stop: () => void;

  /**
   * Begins to observe.
   * @throws CqrsException (CQRS_NOT_OBSERVABLE) without `CqrsModule`
   */
  constructor(app: INestApplicationContext) {
    this.stop = observe(app, this.probe);
    this.wiring = app.get(Wiring, { strict: false });
  }

  /** Ends it. What was counted stays. */
  dispose(): void {
    this.stop();
    this.probe.end();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What was seen until now, with the ids of the document. */
  toJSON(): WiringObserved {
    return this.wiring.observed(this.since, this.counts);
  }
}
