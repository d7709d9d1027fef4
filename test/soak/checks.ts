import { AsyncLocalStorage } from 'node:async_hooks';
import { header, type MessageContext } from 'nestjs-cqrs';

/** What the application keeps of the request it serves, as a user of AsyncLocalStorage does. */
export const requests = new AsyncLocalStorage<{ readonly tenant: string }>();

/** The tenant, as a header that travels with every message. */
export const tenantHeader = header<string>('tenant');

/** Counts what was asserted, what was wrong, and what has happened. */
export class Checks {
  asserted = 0;
  readonly wrong: string[] = [];
  readonly counts: Record<string, number> = {};

  /** One assertion; the first wrong ones are kept for the report. */
  that(isRight: boolean, text: () => string): void {
    this.asserted += 1;
    if (!isRight && this.wrong.length < 20) this.wrong.push(text());
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** At one step of a request: the store, the tenant and the correlation are those of this very request. */
  step(where: string, { tenant, id }: { tenant: string; id: string }, context?: MessageContext): void {
    const store = requests.getStore()?.tenant;
    this.that(store === tenant, () => `${where}: the store is that of ${store}, not of ${tenant}`);
    if (context === undefined) return;
    const said = context.header(tenantHeader);
    this.that(said === tenant, () => `${where}: the header says ${said}, not ${tenant}`);
    const { correlationId } = context;
    this.that(correlationId === id, () => `${where}: the correlation is ${correlationId}, not ${id}`);
  }

  /** What was injected as REQUEST. */
  request(where: string, { tenant }: { tenant: string }, request: unknown): void {
    const injected = (request as { tenant?: unknown } | undefined)?.tenant;
    this.that(injected === tenant, () => `${where}: REQUEST is that of ${String(injected)}, not of ${tenant}`);
  }
}

/** The checks of the whole process. */
export const checks = new Checks();
