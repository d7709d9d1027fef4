import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transactions } from 'nestjs-cqrs/extension';

/** Transactions of nothing, that write down what a connection would be sent. */
export class StatementLog implements Transactions {
  readonly name = 'log';
  readonly statements: string[] = [];
  /** What the server takes its time for. */
  acquire = async (): Promise<unknown> => undefined;
  verify = async (): Promise<unknown> => undefined;
  commit = async (): Promise<unknown> => undefined;
  private readonly open = new AsyncLocalStorage<{ name?: string }>();
  private begun = 0;

  current(): string | undefined {
    return this.open.getStore()?.name;
  }

  /** A statement of the running code. */
  say(text: string): void {
    this.statements.push(`${this.current() ?? 'outside'}: ${text}`);
  }

  async run<R>(work: () => Promise<R>): Promise<R> {
    await this.acquire();
    const transaction: { name?: string } = { name: `t${++this.begun}` };
    return this.open.run(transaction, async () => {
      try {
        const result = await work();
        await this.commit();
        this.say('COMMIT');
        return result;
      } catch (error) {
        this.say('ROLLBACK');
        throw error;
      } finally {
        delete transaction.name;
      }
    });
  }

  async savepoint<R>(work: () => Promise<R>): Promise<R> {
    this.say('SAVEPOINT');
    try {
      const result = await work();
      this.say('RELEASE');
      return result;
    } catch (error) {
      this.say('ROLLBACK TO');
      throw error;
    }
  }
}
