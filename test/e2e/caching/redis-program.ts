import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { pending } from '../../support/waiting.js';
import { ReadRow, redisModule, WriteRow } from './redis-application.js';

/** The second process: does what it is told by messages. */
const [, , port, skew] = process.argv;
const { now } = Date;
Date.now = () => now() + Number(skew);

const versions = new Map<string, number>();
const { Rows, metadata } = redisModule(Number(port), { read: async row => versions.get(row) ?? 0 });

@Module(metadata)
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const queries = app.get(QueryBus);
const commands = app.get(CommandBus);
const rows = app.get(Rows);

const DO: Record<string, (row: string, version: number) => unknown> = {
  know: (row, version) => void versions.set(row, version),
  ask: row => queries.ask(new ReadRow(row)),
  write: (row, version) => commands.dispatch(new WriteRow(row, version)),
  hold: () => void (rows.gate = pending()),
  release: () => {
    rows.gate?.finish();
    rows.gate = undefined;
  },
  runs: () => rows.runs,
  heard: () => rows.heard,
};

process.on(
  'message',
  async ({ id, what, row, version }: { id: number; what: string; row: string; version: number }) => {
    try {
      process.send!({ id, result: await DO[what]!(row, version) });
    } catch (error) {
      process.send!({ id, error: String(error) });
    }
  },
);
process.on('disconnect', () => process.exit(0));
process.send!({ id: 0 });
