import { bare, byHand, onHandler, policies, without } from '../contestants/resilience.mjs';

/** A policy of cockatiel that has nothing to do, around the handler of a command. */
export default Object.entries(policies).map(([name, policy]) => ({
  name: `${name} of cockatiel`,
  apart: true,
  contestants: () => ({
    'cockatiel, no bus': () => bare(policy()),
    'cockatiel around execute()': () => byHand(policy()),
    'resilience() on the handler': () => onHandler(policy()),
    'no policy': without,
  }),
}));
