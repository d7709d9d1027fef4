import * as fc from 'fast-check';
import { CqrsModule, memoryCache, TouchedTags } from 'nestjs-cqrs';
import { map } from 'rxjs';
import { start } from '../../support/application.js';
import { quiet, until } from '../../support/waiting.js';
import { GetUser, PROVIDERS, User, Users } from './users.js';
import { Watched } from './watched.js';

type Step = 'change' | 'join' | 'leave' | 'microtask' | 'turn' | 'hold' | 'release' | 'fail';

const step = fc.constantFrom<Step>('change', 'change', 'join', 'leave', 'microtask', 'turn', 'hold', 'release', 'fail');

/** Does the steps to one application, and looks at its watchers when all is quiet. */
async function run(steps: readonly Step[]): Promise<void> {
  const { app, queries } = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), messages: [User] })],
    providers: PROVIDERS,
  });
  const users = app.get(Users);
  const touched = app.get(TouchedTags);
  const names = queries
    .live(new GetUser('1'), { errors: 'values' })
    .pipe(map(answer => (answer.status === 'fulfilled' ? answer.value?.name : 'failed')));
  const watchers: Watched<string | undefined>[] = [new Watched(names)];
  const gates: ReturnType<Users['hold']>[] = [];
  let version = 0;
  const change = () => {
    users.failure = undefined;
    users.names.set('1', String(++version));
    return touched.touch(['user:1']);
  };
  const act: Record<Step, () => unknown> = {
    change,
    join: () => watchers.push(new Watched(names)),
    leave: () => (watchers.length > 1 ? watchers.shift()!.leave() : undefined),
    microtask: () => Promise.resolve(),
    turn: () => new Promise(resolve => setImmediate(resolve)),
    hold: () => {
      if (users.gate === undefined) gates.push(users.hold());
    },
    release: () => {
      for (const gate of gates.splice(0)) gate.finish();
      users.gate = undefined;
    },
    fail: () => {
      users.failure = new Error('no database');
      return touched.touch(['user:1']);
    },
  };
  const touches: unknown[] = [];
  for (const each of steps) {
    const done = act[each]();
    // A touch goes on while other things happen.
    if (each === 'change' || each === 'fail') touches.push(done);
    else await done;
  }
  act.release();
  await Promise.all(touches);
  if (users.failure !== undefined) await change();
  await until(() => watchers.every(({ values }) => values.length > 0));
  await quiet();
  const expected = version === 0 ? 'Ann' : String(version);
  for (const { values } of watchers) {
    expect(values.at(-1)).toBe(expected);
    expect(values.filter((value, i) => value !== 'failed' && value === values[i - 1])).toEqual([]);
  }
  await app.close();
}

describe('watchers of a live query', () => {
  it('are told the last value, and none twice, whatever happens while they are told', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: 60 });
  }, 300_000);
});
