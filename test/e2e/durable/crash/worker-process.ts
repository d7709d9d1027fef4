import 'reflect-metadata';
import { answerParent } from '../../remote/faults/child-side.js';
import { application } from './application.js';
import { SelfKill, type KillPoint } from './self-kill.js';
import { Effects } from './effects.js';
import { transportOf, type EngineAddress } from './engines.js';

// A process that handles messages when it is told to. Its arguments are the engine as JSON, and the file of
// effects; beside that it writes what escapes.
const [engineJson = '', file = ''] = process.argv.slice(2);
const engine = JSON.parse(engineJson) as EngineAddress;
const effects = new Effects(file);
effects.watchEscaped();
// Loads what it needs.
await transportOf(engine);

let working: Promise<unknown> | undefined;

const begin = (point: KillPoint | undefined, id: string | undefined) =>
  application(engine, effects, { work: true, selfKill: new SelfKill(point, id) });

answerParent({
  /** Again once it works: nothing. */
  work: async (point?: KillPoint, id?: string) => {
    working ??= begin(point, id);
    await working;
  },
});
