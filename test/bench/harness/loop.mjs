/**
 * A loop of its own for one contestant: code that contestants shared would be compiled for all of them at once, and the
 * cheapest of them, the direct call, would lose what the compiler does for it in a program.
 * @param call `i => promise`, one operation
 * @returns `(from, to) => promise`, the operations one after another
 */
export const loopOver = call =>
  new Function('call', 'return async (from, to) => { for (let i = from; i < to; i++) await call(i); };')(call);

/** A copy of an array of the middle value; the lower of two. */
export const sorted = values => values.toSorted((a, b) => a - b);

/** The value below which a part of the values lies. */
export const quantile = (values, part) => {
  const ordered = sorted(values);
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))];
};

export const median = values => quantile(values, 0.5);
