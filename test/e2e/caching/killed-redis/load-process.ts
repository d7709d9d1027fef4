// One of two processes that ask and write, until it is told to stop.
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { answerParent, escaped } from '../../remote/faults/child-side.js';
import { Seeded } from '../../remote/faults/seeded.js';
import { ReadRow, redisModule, WriteRow } from '../redis-application.js';
import { countIn, ROWS, SharedRows, type Who } from './shared-rows.js';

const [, , port, file, index, seed] = process.argv;
const own = Number(index) as Who;
const other = (1 - own) as Who;
const random = new Seeded(Number(seed));
const rows = new SharedRows(file!, own);

/** Asks and writes at the same time. */
const CLIENTS = 24;

const read = async (row: string) => {
  await pause(random.below(3));
  const version = rows.read(Number(row));
  await pause(random.below(3));
  return version;
};

const { Rows, metadata } = redisModule(Number(port), { read });

// The bus has connections of its own, whose errors ioredis writes there.
console.error = () => undefined;

@Module(metadata)
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const queries = app.get(QueryBus);
const commands = app.get(CommandBus);
const handlers = app.get(Rows);

/** Milliseconds on the clock of the machine, which both processes have. */
const now = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** Answers without a write of the other process that had ended before they were asked. */
export interface Late {
  readonly row: number;
  /** The last write of the other process that they have. */
  readonly has: number;
  count: number;
  /** When the last of them was asked. */
  at: number;
}

const load = { isRunning: false, ended: Promise.resolve() as Promise<unknown> };
const counts = { asks: 0, writes: 0, old: 0 };
const failures: string[] = [];
const late = new Map<string, Late>();
/** By row and write: when it had ended. */
const ends = Array.from({ length: ROWS }, (): number[] => []);

async function ask(row: number): Promise<boolean> {
  const at = now();
  const [least, leastOfOther] = [rows.endedBy(own, row), rows.endedBy(other, row)];
  const answer = await queries.ask(new ReadRow(`${row}`));
  counts.asks += 1;
  if (countIn(answer, own) < least) counts.old += 1;
  const has = countIn(answer, other);
  if (has >= leastOfOther) return true;
  const key = `${row} ${has}`;
  const known = late.get(key) ?? { row, has, count: 0, at: 0 };
  late.set(key, { ...known, count: known.count + 1, at: Math.max(known.at, at) });
  return false;
}

async function write(row: number): Promise<void> {
  const count = rows.write(row);
  await commands.dispatch(new WriteRow(`${row}`, count));
  ends[row]![count] = now();
  rows.end(row, count);
  counts.writes += 1;
}

/** As busy code does: nothing is read from a connection meanwhile. */
function block(): void {
  const end = now() + 20;
  while (now() < end);
}

async function client(): Promise<void> {
  while (load.isRunning) {
    const row = random.below(ROWS);
    const chance = random.below(1_000);
    try {
      if (chance < 60) await write(row);
      else await ask(row);
    } catch (error) {
      failures.push(String(error));
    }
    if (chance === 999) block();
    if (chance % 4 === 0) await pause(random.below(4));
  }
}

answerParent({
  start: () => {
    load.isRunning = true;
    load.ended = Promise.all(Array.from({ length: CLIENTS }, client));
  },
  stop: async () => {
    load.isRunning = false;
    await load.ended;
    const told = { ...counts, failures: failures.splice(0), runs: handlers.runs, late: [...late.values()], ends };
    Object.assign(counts, { asks: 0, writes: 0, old: 0 });
    handlers.runs = 0;
    late.clear();
    return told;
  },
  hello: () => commands.dispatch(new WriteRow(`hello ${own}`, 0)),
  hasHeard: () => handlers.heard.splice(0).includes(`row:hello ${other} elsewhere`),
  write,
  /** Rows that it does not know as they are. */
  old: async () => {
    const known = await Promise.all(Array.from({ length: ROWS }, (_, row) => ask(row)));
    return known.filter(isKnown => !isKnown).length;
  },
  escaped,
  close: () => app.close(),
});
