import { command, event } from '../contestants/features.mjs';
import { gone, passing, storing, timing, watchedBy } from '../contestants/probes.mjs';

/** A probe against the same bus without it; each in a process of its own. */
const watched = send => () => ({
  'no probe': () => send(),
  'after a probe that has gone': () => send({ prepare: gone }),
  'a probe that does nothing': () => send({ prepare: watchedBy(passing) }),
  'a probe with two clock reads': () => send({ prepare: watchedBy(timing()) }),
  'a probe with an AsyncLocalStorage': () => send({ prepare: watchedBy(storing()) }),
});

export default [
  { name: 'probes of a command', apart: true, contestants: watched(command) },
  { name: 'probes of an event', apart: true, contestants: watched(event) },
];
