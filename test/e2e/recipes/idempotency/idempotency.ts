import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { type CqrsMiddleware, type MessageContext, type Next } from 'nestjs-cqrs';

// #region table
/**
 * CREATE TABLE handled_commands
 *   (id text PRIMARY KEY, command text NOT NULL, result jsonb, at timestamptz NOT NULL DEFAULT now())
 */
export const handledCommands = pgTable('handled_commands', {
  id: text().primaryKey(),
  command: text().notNull(),
  result: jsonb(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
// #endregion

// #region transactions
type Connection = Pick<PgliteDatabase, 'insert' | 'select' | 'update' | 'delete' | 'transaction'>;

/** The transaction around this code; without one the database itself. */
@Injectable()
export class Transactions {
  private readonly storage = new AsyncLocalStorage<Connection>();

  constructor(private readonly database: PgliteDatabase) {}

  get connection(): Connection {
    return this.storage.getStore() ?? this.database;
  }

  /** Within another one it is a savepoint of that. */
  run<R>(work: () => Promise<R>): Promise<R> {
    return this.connection.transaction(transaction => this.storage.run(transaction, work));
  }
}
// #endregion

// #region middleware
@Injectable()
export class IdempotencyMiddleware implements CqrsMiddleware {
  constructor(private readonly transactions: Transactions) {}

  intercept(message: object, next: Next, { messageId, type }: MessageContext) {
    const command = `${type.name} ${JSON.stringify(message)}`;
    return this.transactions.run(async () => {
      const { connection } = this.transactions;
      const added = await connection
        .insert(handledCommands)
        .values({ id: messageId, command })
        .onConflictDoNothing()
        .returning();
      if (added.length === 0) return this.resultOf(messageId, command);
      const result = (await next(message)) ?? null;
      await connection.update(handledCommands).set({ result }).where(eq(handledCommands.id, messageId));
      return result;
    });
  }

  private async resultOf(id: string, command: string): Promise<unknown> {
    const [handled] = await this.transactions.connection
      .select()
      .from(handledCommands)
      .where(eq(handledCommands.id, id));
    if (handled!.command !== command)
      throw new UnprocessableEntityException(`The key ${id} was used for another command.`);
    return handled!.result;
  }
}
// #endregion
