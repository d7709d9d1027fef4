import type { PgClient } from '../../../../lib/integrations/transactional/pg-client.js';
import { PgTransaction } from '../../../../lib/integrations/transactional/pg-transaction.js';
import { quiet } from '../../../support/waiting.js';

/** A client of pg whose statements fail where their text says so. */
class Client implements PgClient {
  readonly said: unknown[][] = [];
  readonly processID = 7;
  status = 'T';

  async query(...given: unknown[]): Promise<{ rows: unknown[] }> {
    this.said.push(given);
    const [text] = given;
    if (typeof text === 'string' && text.startsWith('fail'))
      throw Object.assign(new Error(text), { code: text.slice(5) });
    return { rows: [given.length] };
  }

  getTransactionStatus(): string {
    return this.status;
  }

  release(): void {}
}

const ended = { code: 'CQRS_TRANSACTION_ENDED', where: 'PgTransactionalAdapter' };

describe('A transaction of pg', () => {
  it('is known by its client, which does all that the other does', async () => {
    const client = new Client();
    const transaction = new PgTransaction(client);
    const { tx } = transaction;
    expect([PgTransaction.of(tx), PgTransaction.of(client), PgTransaction.of({})]).toEqual([
      transaction,
      undefined,
      undefined,
    ]);
    expect(await tx.query('select', [1])).toEqual({ rows: [2] });
    expect(await transaction.executeSql('select', [2])).toEqual({ rows: [2] });
    await transaction.executeNamed({ name: 'one', text: 'select' }, [3]);
    expect(client.said).toEqual([
      ['select', [1]],
      ['select', [2]],
      [{ name: 'one', text: 'select' }, [3]],
    ]);
    const { getTransactionStatus, processID } = tx as unknown as Client;
    expect([getTransactionStatus(), processID]).toEqual(['T', 7]);
  });

  it('knows how it is', () => {
    const client = new Client();
    const transaction = new PgTransaction(client);
    const states = ['T', 'E', 'I'].map(status => {
      client.status = status;
      return transaction.state();
    });
    expect(states).toEqual(['open', 'failed', 'ended']);
  });

  it('is open until it has ended; a savepoint as long as both are', () => {
    const outer = new PgTransaction(new Client());
    const [inner, other] = [new PgTransaction(outer.tx, outer), new PgTransaction(outer.tx, outer)];
    expect([outer.open, inner.open, other.open]).toEqual([outer, inner, other]);
    inner.end();
    expect([outer.open, inner.open, other.open]).toEqual([outer, outer, other]);
    outer.end();
    expect([outer.open, inner.open, other.open]).toEqual([undefined, undefined, undefined]);
  });

  it('refuses statements after its end, also those of a savepoint', async () => {
    const client = new Client();
    const outer = new PgTransaction(client);
    const inner = new PgTransaction(outer.tx, outer);
    inner.end();
    await inner.tx.query('belongs to the outer one');
    outer.end();
    for (const { tx } of [outer, inner]) await expect(tx.query('late')).rejects.toMatchObject(ended);
    await expect(outer.tx.query({ submit: 5 } as never)).rejects.toMatchObject(ended);
    for (const given of [[{ submit: () => undefined }], ['late', () => undefined], ['late', [], () => undefined]])
      expect(() => outer.tx.query(...(given as [string]))).toThrow(expect.objectContaining(ended));
    await expect(outer.tx.query(null as never)).rejects.toMatchObject(ended);
    expect(client.said).toEqual([['belongs to the outer one']]);
  });

  it('keeps the error of the statement that has failed, and not those of all that follow', async () => {
    const outer = new PgTransaction(new Client());
    const inner = new PgTransaction(outer.tx, outer);
    expect(outer.failure).toBeUndefined();
    await expect(inner.tx.query('fail 23505')).rejects.toThrow('fail 23505');
    await expect(outer.tx.query('fail 25P02')).rejects.toThrow('fail 25P02');
    await quiet();
    expect([outer.failure, inner.failure]).toEqual([
      expect.objectContaining({ code: '23505' }),
      expect.objectContaining({ code: '23505' }),
    ]);
  });
});
