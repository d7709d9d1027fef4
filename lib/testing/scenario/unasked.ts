import type { INestApplicationContext } from '@nestjs/common';
import { failedAssertion } from '../flow/failed-assertion.js';

/** A scenario that has run, and whose outcome the test has not asked for. */
interface Unasked {
  readonly what: string;
  readonly at: string | undefined;
}

const unasked = new Set<Unasked>();

/**
 * Notes a scenario that runs. A test asks for its outcome in the same statement.
 * @returns called when it does
 */
export function expectQuestion(what: string, at: string | undefined): () => void {
  const scenario = { what, at };
  let isAsked = false;
  queueMicrotask(() => {
    if (!isAsked) unasked.add(scenario);
  });
  return () => {
    isAsked = true;
    unasked.delete(scenario);
  };
}

/** @throws AssertionError if a scenario was not asked for its outcome; once for each */
export function refuseUnasked(): void {
  if (unasked.size === 0) return;
  const scenarios = [...unasked].map(({ what, at }) => `  when ${what}${at === undefined ? '' : `, at ${at}`}`);
  unasked.clear();
  throw failedAssertion([
    'A scenario has run, and the test has not asked for its outcome:',
    ...scenarios,
    'End it with publishes(), sends(), records(), nothing(), answers() or fails(), in the same statement.',
  ]);
}

const watched = new WeakSet<object>();

/** `app.close()` rejects if a scenario was not asked for its outcome. */
export function watchClose(app: INestApplicationContext): void {
  if (watched.has(app)) return;
  watched.add(app);
  const close = app.close.bind(app);
  app.close = async (...given) => {
    await close(...given);
    refuseUnasked();
  };
}
