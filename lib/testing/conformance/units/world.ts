import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Transactions } from '../../../extension.js';
import { CommandBus, CqrsModule, EventBus, UnhandledExceptionBus, type MessageContext } from '../../../index.js';
import { until } from '../until.js';
import type { UnitOfWorkConformanceAdapter } from './adapter.js';
import { DESK, StoredHandlers, UnitHandlers, type Desk } from './handlers.js';
import { Told } from './messages.js';
import type { Note, Phase } from './notes.js';

const PATIENCE = 10_000;

class UnitOfWorkConformance {}

/** The application of one case, and what ran in it. */
export class UnitWorld implements Desk {
  /** What has ended. */
  readonly notes: Note[] = [];
  /** What has begun, in order. */
  readonly called: Pick<Note, 'phase' | 'key'>[] = [];
  readonly reported: { readonly exception: unknown }[] = [];
  readonly tenants = new AsyncLocalStorage<string>();
  private readonly token = randomUUID();
  private readonly transactions: Transactions;
  private application!: INestApplicationContext;

  constructor(readonly adapter: UnitOfWorkConformanceAdapter) {
    this.transactions = adapter.transactions();
  }

  async start(): Promise<void> {
    const transport = await this.adapter.durable?.();
    const cqrs = CqrsModule.forRoot({
      unitOfWork: this.transactions,
      propagateContext: true,
      ...(transport !== undefined && { durable: { transport } }),
    });
    const handlers = transport === undefined ? [UnitHandlers] : [UnitHandlers, StoredHandlers];
    this.application = await NestFactory.createApplicationContext(
      {
        module: UnitOfWorkConformance,
        imports: [cqrs, ...(this.adapter.imports ?? [])],
        providers: [{ provide: DESK, useValue: this }, ...handlers],
      },
      { logger: false, abortOnError: false },
    );
    this.events.subscribe(event => void (event instanceof Told && this.note('subscriber', event.key, undefined)));
    this.application.get(UnhandledExceptionBus, { strict: false }).subscribe(info => this.reported.push(info));
  }

  get commands(): CommandBus {
    return this.application.get(CommandBus, { strict: false });
  }

  get events(): EventBus {
    return this.application.get(EventBus, { strict: false });
  }

  close(): Promise<void> {
    return this.application.close();
  }

  /** Of this case alone. */
  key(): string {
    return `${this.token}-${randomUUID()}`;
  }

  insert(row: string): Promise<unknown> {
    return this.adapter.insert(row, this.application);
  }

  /** A statement that fails. */
  fail(): Promise<unknown> {
    return this.adapter.fail!(this.application);
  }

  /** A statement that ends the transaction. */
  end(statement: 'COMMIT' | 'ROLLBACK'): Promise<unknown> {
    return this.adapter.end!(statement, this.application);
  }

  /** Rows of this case, as another connection sees them. */
  async rows(): Promise<string[]> {
    return (await this.adapter.rows()).filter(row => row.startsWith(this.token)).toSorted();
  }

  get isInTransaction(): boolean {
    return this.transactions.current() !== undefined;
  }

  async note(phase: Phase, key: string, context: MessageContext | undefined): Promise<void> {
    const { isInTransaction } = this;
    this.called.push({ phase, key });
    const tenant = this.tenants.getStore();
    this.notes.push({ phase, key, rows: await this.rows(), isInTransaction, context, tenant });
  }

  /** Phases that ran for a key, in order. */
  phases(key: string): Phase[] {
    return this.notes.filter(note => note.key === key).map(({ phase }) => phase);
  }

  hasRun(key: string, ...phases: readonly Phase[]): boolean {
    const ended = this.phases(key);
    return phases.every(phase => ended.includes(phase));
  }

  noted(phase: Phase, key: string): Note {
    return this.notes.find(note => note.phase === phase && note.key === key)!;
  }

  /** Nothing is left: no row, and no run of a handler that waits for the commit. */
  async undone(key: string): Promise<void> {
    await this.pause();
    assert.deepEqual([await this.rows(), this.phases(key)], [[], ['within']]);
  }

  /** Sagas and stored messages run later. */
  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    return until(holds, this.adapter.patience ?? PATIENCE, what);
  }

  /** Long enough for what must not happen. */
  async pause(): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
