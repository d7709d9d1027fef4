import { Subject, switchMap } from 'rxjs';
import { cqrs, withCqrs } from './applications.mjs';

const WATCHERS = 10_000;

class GetBoard extends cqrs.Query {}
cqrs.Cached({ ttl: 3_600_000, tags: () => ['board'] })(GetBoard);

const board = { version: 0, runs: 0 };

class GetBoardHandler {
  async execute() {
    board.runs += 1;
    return { version: board.version, tasks: [{ id: 1, title: 'sweep' }] };
  }
}
cqrs.QueryHandler(GetBoard)(GetBoardHandler);

/** Changes the board, and awaits until the last watcher has been told; each change must be one run. */
const changes = (watch, touch) => {
  let left = WATCHERS;
  let finish;
  let told = new Promise(resolve => (finish = resolve));
  for (let i = 0; i < WATCHERS; i++)
    watch(() => {
      left -= 1;
      if (left === 0) finish();
    });
  const call = async () => {
    await told;
    told = new Promise(resolve => (finish = resolve));
    left = WATCHERS;
    board.version += 1;
    const { runs } = board;
    const start = performance.now();
    await touch();
    await told;
    const time = performance.now() - start;
    if (board.runs !== runs + 1) throw new Error(`${board.runs - runs} runs in place of one.`);
    return time;
  };
  return Object.assign(call, { once: true });
};

/** `queries.live()`, each watcher with a copy of its own. */
export const live = async () => {
  const app = await withCqrs([GetBoardHandler], { cache: cqrs.memoryCache() });
  const queries = app.get(cqrs.QueryBus);
  const tags = app.get(cqrs.TouchedTags);
  return changes(
    next => queries.live(new GetBoard()).subscribe(next),
    () => tags.touch(['board']),
  );
};

/** By hand: one answer for all, without middleware, copies, comparison, cache or contexts. */
export const subject = () => {
  const touched = new Subject();
  const answers = new Subject();
  const handler = new GetBoardHandler();
  touched.pipe(switchMap(() => handler.execute())).subscribe(answers);
  const counted = changes(
    next => answers.subscribe(next),
    () => touched.next(),
  );
  touched.next();
  return counted;
};
