import type { DurableTransport } from '../../extension.js';

/** As `DurableTransport.open()` is given it. */
export type Report = Parameters<DurableTransport['open']>[1];

const LOST =
  /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connection is closed|isn't writeable|MaxRetriesPerRequest|Command timed out|^LOADING|^MASTERDOWN/;

/** Tells failures of the engine; that Redis is away only once each time. */
export class Outage {
  private report: Report | undefined;
  private isTold = false;
  private last = '';

  reportTo(report: Report): void {
    this.report = report;
  }

  /** Redis answers again. */
  over(): void {
    this.isTold = false;
  }

  /** After this, nothing is told. */
  end(): void {
    this.report = undefined;
  }

  /** Redis is away: told once. */
  lost(error: unknown = new Error('Connection is closed.')): void {
    if (this.isTold) return;
    this.isTold = true;
    this.report?.('Redis cannot be reached; workers go on when it is back', error);
  }

  /** @param problem what failed, unless Redis is away */
  failed(problem: string, error: unknown): void {
    const text = textOf(error);
    if (LOST.test(text)) return this.lost(error);
    // BullMQ tells the same failure of one job twice: when it completes the job, then when it fails it.
    if (text === this.last) return;
    this.last = text;
    this.report?.(problem, error);
  }
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join();
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  return `${error.message}${code} ${error.name}`;
}
