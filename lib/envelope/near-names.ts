/** Longest name that is compared: what is longer is no misspelling. */
const MAX_LENGTH = 100;
const MAX_NAMES = 3;

/**
 * Known names that resemble one, the nearest first, at most three.
 * @param name what was looked for
 * @param known what there is
 */
export function nearNames(name: string, known: Iterable<string>): string[] {
  if (name.length > MAX_LENGTH) return [];
  const wanted = name.toLowerCase();
  return [...new Set(known)]
    .filter(candidate => candidate.length <= MAX_LENGTH)
    .map(candidate => ({ candidate, distance: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MAX_NAMES)
    .map(({ candidate }) => candidate);
}

/** How many letters have to be changed, added or left out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
