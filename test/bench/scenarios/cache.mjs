import { live, subject } from '../contestants/live.mjs';

/** 10,000 watchers of one query, and one touch: one run, and the time until the last watcher is told. */
export default [
  {
    name: '10,000 watchers told of one touch',
    isCounted: false,
    contestants: () => ({ 'a Subject by hand': subject, 'queries.live()': live }),
  },
];
