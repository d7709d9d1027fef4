import 'reflect-metadata';
import { answerParent, escaped } from '../../remote/faults/child-side.js';
import { application } from './application.js';
import { Death, type DeathPoint } from './death.js';
import { Effects } from './effects.js';
import { transportOf, type EngineAddress } from './engines.js';

// A process that handles messages when it is told to. Its arguments are the engine as JSON, and the file of effects.
const [engineJson = '', file = ''] = process.argv.slice(2);
const engine = JSON.parse(engineJson) as EngineAddress;
// Loads what it needs.
await transportOf(engine);

let working: Promise<unknown> | undefined;

answerParent({
  escaped,
  work: async (point: DeathPoint | null = null, id = '') => {
    const death = new Death(point ?? undefined, id);
    working = application(engine, new Effects(file), { work: true, death });
    await working;
  },
  working: async () => void (await working),
});
