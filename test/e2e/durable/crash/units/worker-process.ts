import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, DeadLetters, Queues } from 'nestjs-cqrs';
import { answerParent } from '../../../remote/faults/child-side.js';
import { Effects } from '../effects.js';
import { transportOf, type EngineAddress } from '../engines.js';
import { SelfKill, type KillPoint } from '../self-kill.js';
import { idOf, waiting } from '../tally.js';
import { application, type ApplicationOptions } from './application.js';
import { Place } from './messages.js';

// A process that handles messages, or stores them, when it is told to. Its arguments are the engine as JSON, and the
// file of effects.
const [engineJson = '', file = ''] = process.argv.slice(2);
const engine = JSON.parse(engineJson) as EngineAddress;
const effects = new Effects(file);
effects.watchEscaped();
// Loads what it needs.
await transportOf(engine);

let started: Promise<INestApplicationContext> | undefined;

const app = (options: ApplicationOptions) => (started ??= application(engine, effects, options));

/** An order as the test asks for it. */
export interface Order {
  readonly n: number;
  readonly failures: number;
  /** Milliseconds. */
  readonly delay: number;
}

answerParent({
  /** Again once it works: nothing. */
  work: async (point?: KillPoint, id?: string) => {
    await app({ work: true, selfKill: new SelfKill(point, id) });
  },
  /** The process that is asked does not work. */
  store: async (orders: readonly Order[]) => {
    const commands = (await app({ work: false })).get(CommandBus);
    const store = ({ n, failures, delay }: Order) =>
      commands.enqueue(new Place(n, failures), { messageId: idOf({ n }), delay });
    await Promise.all(orders.map(store));
  },
  /** Resolves with the dead letters when no queue has anything left. Two looks: a message may move on in between. */
  settled: async () => {
    const sender = await app({ work: false });
    const look = async () => waiting(await sender.get(Queues).list());
    for (let looks = 0; looks < 2; await pause(50)) looks = (await look()) === 0 ? looks + 1 : 0;
    return (await sender.get(DeadLetters).list()).length;
  },
});
