import { NestFactory } from '@nestjs/core';
import { Pool } from 'pg';
import { CommandBus } from 'nestjs-cqrs';
import { AppModule, Invoices, PlaceOrder, Screen } from './shop.js';

// Places three orders in the shop, and prints what is left of them. Called with DATABASE_URL.

const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
await pool.query(`
  CREATE TABLE orders (id text PRIMARY KEY, item text); CREATE TABLE mails (id text);
  CREATE TABLE stock (item text, pieces integer CHECK (pieces >= 0)); INSERT INTO stock VALUES ('lamp', 1)
`);
const ids = async (table: string) =>
  (await pool.query<{ id: string }>(`SELECT id FROM ${table}`)).rows.map(row => row.id);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
const commands = app.get(CommandBus);
const placed = await commands.dispatch(new PlaceOrder('1', 'lamp')).then(() => 'placed', String);
const soldOut = await commands.dispatch(new PlaceOrder('2', 'lamp')).then(() => 'placed', String);
const unknown = await commands.dispatch(new PlaceOrder('3', 'vase')).then(() => 'placed', String);
const [{ shown }, { written }] = [app.get(Screen), app.get(Invoices)];
while (written.length === 0 || (await ids('mails')).length === 0) await new Promise(resolve => setTimeout(resolve, 20));
await app.close();
const rest = { orders: await ids('orders'), mails: await ids('mails'), shown, written };
process.stdout.write(JSON.stringify({ placed, soldOut, unknown, ...rest }), () => process.exit());
