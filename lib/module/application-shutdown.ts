import { Inject, Injectable } from '@nestjs/common';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { ShutdownTimeoutException } from '../errors/shutdown-timeout.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import { ApplicationBuses } from './application-buses.js';
import { ApplicationOptions } from './application-options.js';
import { ApplicationSagas } from './application-sagas.js';
import { ProviderExplorer } from './provider-explorer.js';

/** The share of what is left of that time which one wait takes at most while messages still come in. */
const SHARE_OF_DRAIN = 0.8;

/** The hooks in which the modules of an application end. */
export type ShutdownPhase = 'destroy' | 'shutdown';

const logger = new CqrsLogger('CqrsModule');

const nothing = (): void => undefined;

/**
 * The end of an application: waits for what runs, refuses what comes later, reports what is left, and completes the
 * buses. The time spent waiting counts for all phases together.
 */
@Injectable()
export class ApplicationShutdown {
  private remaining: number;
  private closing: Promise<void> | undefined;
  private readonly drained = new Map<ShutdownPhase, Promise<void>>();

  constructor(
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(ApplicationSagas) private readonly sagas: ApplicationSagas,
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(ApplicationOptions) private readonly options: ApplicationOptions,
  ) {
    this.remaining = this.timeout;
  }

  /** Names the module that drains, so that it does before any other module closes what handlers need. */
  drainFirst(module: object): void {
    this.explorer.closeFirst(module);
  }

  /**
   * Waits for what runs while messages still pass, so that it finds databases and brokers open. Under constant load
   * something always runs: then time is left for the end, when nothing comes in any more.
   * @param phase of the end; once in each, however many instances of the module there are
   */
  drain(phase: ShutdownPhase): Promise<void> {
    const present = this.drained.get(phase) ?? this.wait(this.remaining * SHARE_OF_DRAIN).then(nothing);
    this.drained.set(phase, present);
    return present;
  }

  /** Waits for what runs, then refuses messages, reports what is left and completes the buses; once. */
  close(): Promise<void> {
    return (this.closing ??= this.finish());
  }

  private get timeout(): number {
    return this.options.complete.shutdown.timeout;
  }

  private async finish(): Promise<void> {
    this.sagas.finish();
    const left = await this.wait(this.remaining);
    const { reporter } = this.buses;
    for (const { type, handler } of left) {
      const error = new ShutdownTimeoutException(nameOf(type), handler.name, this.timeout);
      reporter.report(error, nameOf(type), handler);
    }
    if (left.length > 0) logger.warn(`Closed while ${left.length} dispatches were still running.`);
    try {
      this.sagas.stop();
    } finally {
      this.buses.close();
    }
  }

  private async wait(timeout: number) {
    const start = performance.now();
    const left = await this.buses.runningWork.drain(timeout);
    this.remaining = Math.max(0, this.remaining - (performance.now() - start));
    return left;
  }
}
