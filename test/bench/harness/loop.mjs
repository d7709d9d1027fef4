let written = 0;

/**
 * A function of this text whose code is its own: what contestants shared would be compiled for all of them at once, and
 * the cheapest of them, the direct call, would lose what the compiler does for it in a program. The engine gives equal
 * texts one code, so each text has a number.
 * @param given name → value of what the text uses
 * @param text an expression
 */
export const ownCode = (given, text) =>
  new Function(...Object.keys(given), `/* ${written++} */ return ${text};`)(...Object.values(given));

/**
 * A loop of its own for one contestant.
 * @param call `i => promise`, one operation
 * @returns `(from, to) => promise`, the operations one after another
 */
export const loopOver = call =>
  ownCode({ call }, 'async (from, to) => { for (let i = from; i < to; i++) await call(i); }');

/** A copy of an array of the middle value; the lower of two. */
export const sorted = values => values.toSorted((a, b) => a - b);

/** The value below which a part of the values lies. */
export const quantile = (values, part) => {
  const ordered = sorted(values);
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))];
};

export const median = values => quantile(values, 0.5);
