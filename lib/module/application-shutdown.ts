import { Inject, Injectable } from '@nestjs/common';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { ShutdownTimeoutException } from '../errors/shutdown-timeout.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import { ApplicationBuses } from './application-buses.js';
import { ApplicationCaching } from './application-caching.js';
import { ApplicationDurables } from './application-durables.js';
import { ApplicationOptions } from './application-options.js';
import { ApplicationSagas } from './application-sagas.js';
import { ApplicationTransports } from './application-transports.js';
import { withoutDoubles } from './delivery-targets.js';
import { ProviderExplorer } from './provider-explorer.js';

/** Of the remaining time, while messages come in. */
const SHARE_OF_DRAIN = 0.8;

export type ShutdownPhase = 'destroy' | 'shutdown';

const logger = new CqrsLogger('CqrsModule');

const nothing = (): void => undefined;

/**
 * Closes an application: refuses messages of other processes, takes no stored ones, completes live queries, awaits running work, lets sagas
 * hand out what they hold, awaits that, reports unfinished work, refuses messages and completes the buses, closes
 * transports. All waits share one time limit.
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
    @Inject(ApplicationTransports) private readonly transports: ApplicationTransports,
    @Inject(ApplicationDurables) private readonly durables: ApplicationDurables,
    @Inject(ApplicationCaching) private readonly caching: ApplicationCaching,
  ) {
    this.remaining = this.timeout;
  }

  /** Before other modules close what handlers need. */
  drainFirst(module: object): void {
    this.explorer.closeFirst(module);
  }

  /**
   * Messages still pass: running work needs databases and brokers. Under constant load something always runs: `close()`
   * keeps some time.
   * @param phase drained once, whatever the number of module instances
   */
  drain(phase: ShutdownPhase): Promise<void> {
    this.stopIntake();
    const present = this.drained.get(phase) ?? this.wait(this.remaining * SHARE_OF_DRAIN).then(nothing);
    this.drained.set(phase, present);
    return present;
  }

  close(): Promise<void> {
    return (this.closing ??= this.finish());
  }

  private stopIntake(): void {
    this.transports.stopIntake();
    this.durables.stopIntake();
    this.caching.completeLive();
  }

  private get timeout(): number {
    return this.options.complete.shutdown.timeout;
  }

  private async finish(): Promise<void> {
    this.stopIntake();
    this.sagas.finish();
    const left = withoutDoubles(await this.wait(this.remaining));
    const { reporter } = this.buses;
    for (const { type, handler } of left) {
      const name = type && nameOf(type);
      const error = new ShutdownTimeoutException(name, handler.name, this.timeout);
      reporter.report(error, name ?? handler.name, handler);
    }
    const sagas = left.filter(({ type }) => type === undefined).length;
    const dispatches = left.length - sagas;
    if (dispatches > 0) logger.warn(`Closed while ${dispatches} dispatches were still running.`);
    if (sagas > 0) logger.warn(`Closed while sagas still held back what they were given: ${sagas}.`);
    try {
      this.sagas.stop();
    } finally {
      this.buses.close();
      await this.transports.close();
      await this.durables.close();
      await this.caching.close();
    }
  }

  private async wait(timeout: number) {
    const start = performance.now();
    const left = await this.buses.runningWork.drain(timeout);
    this.remaining = Math.max(0, this.remaining - (performance.now() - start));
    return left;
  }
}
