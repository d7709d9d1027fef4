import { Client } from 'pg';
import type { EngineAddress } from '../engines.js';

/** Where handlers write rows. */
export const tableOf = ({ space }: EngineAddress): string => `${space}_effects`;

/** One step of one order. */
interface Row {
  readonly step: string;
  readonly n: number;
}

const STEPS = ['place', 'ship', 'bill'];

/** The table of effects. No constraint keeps a row from being there twice. */
export class EffectTable {
  private constructor(
    private readonly client: Client,
    private readonly name: string,
  ) {}

  static async make(engine: EngineAddress): Promise<EffectTable> {
    const client = new Client(engine.url);
    await client.connect();
    await client.query(`CREATE TABLE ${tableOf(engine)} (step text, n int)`);
    return new EffectTable(client, tableOf(engine));
  }

  /** What each order must have, and what there is. */
  async compared(orders: readonly number[]) {
    const { rows } = await this.client.query<Row>(`SELECT step, n FROM ${this.name} WHERE n = ANY($1)`, [orders]);
    const found = rows.map(nameOf);
    const distinct = new Set(found);
    const expected = orders.flatMap(n => STEPS.map(step => nameOf({ step, n })));
    return {
      found: found.length,
      missing: expected.filter(name => !distinct.has(name)),
      doubled: found.length - distinct.size,
    };
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

const nameOf = ({ step, n }: Row): string => `${step} ${n}`;
