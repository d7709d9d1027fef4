/** Longer names are not misspellings. */
const MAX_LENGTH = 100;
const MAX_NAMES = 3;

/** Limits a search: names come from outside, and many known names may resemble them. */
export class SearchEffort {
  /** Characters compared and names looked at. */
  spent = 0;

  /** @param most about a third of a millisecond */
  constructor(readonly most = 100_000) {}

  isUsed(part: number): boolean {
    return this.spent >= this.most * part;
  }
}

interface Candidate {
  readonly name: string;
  /** Lower case, as `letters`. */
  readonly wanted: string;
  readonly letters: string;
  /** The most letters that may differ. */
  readonly maxDistance: number;
  /** At least so many differ. */
  readonly least: number;
}

/**
 * At most three known names that resemble one, nearest first. If only one of two names has a dot, its last part counts
 * too: `Create` is near `users.create`. Among thousands of similar names the last are not looked at.
 */
export function nearNames(name: string, known: Iterable<string>, effort = new SearchEffort()): string[] {
  if (typeof name !== 'string' || name.length > MAX_LENGTH) return [];
  let found: { name: string; distance: number }[] = [];
  for (const { name: near, wanted, letters, maxDistance, least } of candidates(name.toLowerCase(), known, effort)) {
    const worst = found.length < MAX_NAMES ? maxDistance : Math.min(maxDistance, found.at(-1)!.distance - 1);
    if (least > worst) continue;
    if (effort.isUsed(1)) break;
    const distance = distanceWithin(worst, wanted, letters, effort);
    if (distance > worst) continue;
    const others = found.filter(other => other.name !== near || other.distance < distance);
    if (others.some(other => other.name === near)) continue;
    found = [...others, { name: near, distance }].toSorted((a, b) => a.distance - b.distance).slice(0, MAX_NAMES);
  }
  return found.map(({ name }) => name);
}

/** Names near by length and letters, likeliest first. Takes half of the effort. */
function candidates(wanted: string, known: Iterable<string>, effort: SearchEffort): Candidate[] {
  const whole = new LetterCount(wanted);
  const last = wanted.includes('.') ? new LetterCount(lastPart(wanted)) : undefined;
  const likely: Candidate[] = [];
  const compare = (name: string, letters: string, wanted: LetterCount) => {
    const maxDistance = Math.max(2, Math.floor(letters.length / 3));
    if (Math.abs(letters.length - wanted.text.length) > maxDistance) return;
    effort.spent += letters.length;
    const lower = letters.toLowerCase();
    const least = wanted.leastDistance(lower);
    if (least <= maxDistance) likely.push({ name, wanted: wanted.text, letters: lower, maxDistance, least });
  };
  for (const name of known) {
    if (effort.isUsed(1 / 2)) break;
    effort.spent++;
    if (name.length > MAX_LENGTH) continue;
    compare(name, name, whole);
    if (last === undefined && name.includes('.')) compare(name, lastPart(name), whole);
    if (last !== undefined && !name.includes('.')) compare(name, name, last);
  }
  return likely.toSorted((a, b) => a.least - b.least);
}

/** `create` of `users.create`. */
const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** Letters equal in their last seven bits count as one. */
class LetterCount {
  private readonly count = new Int16Array(128);

  constructor(readonly text: string) {
    for (let i = 0; i < text.length; i++) this.count[text.charCodeAt(i) & 127]!++;
  }

  /** Edits needed in any order of letters. */
  leastDistance(other: string): number {
    let strange = 0;
    for (let i = 0; i < other.length; i++) if (this.count[other.charCodeAt(i) & 127]!-- <= 0) strange++;
    for (let i = 0; i < other.length; i++) this.count[other.charCodeAt(i) & 127]!++;
    return Math.max(strange, this.text.length - (other.length - strange));
  }
}

/** Levenshtein distance; `maxDistance + 1` if it is greater. Only pairs whose places differ by at most `maxDistance` matter. */
function distanceWithin(maxDistance: number, a: string, b: string, effort: SearchEffort): number {
  const tooFar = maxDistance + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, tooFar));
  for (let i = 1; i <= a.length; i++) {
    const first = Math.max(1, i - maxDistance);
    const last = Math.min(b.length, i + maxDistance);
    const next = Array<number>(b.length + 1).fill(tooFar);
    if (first === 1) next[0] = Math.min(i, tooFar);
    let nearest = next[0]!;
    for (let j = first; j <= last; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, changed, tooFar);
      nearest = Math.min(nearest, next[j]!);
    }
    effort.spent += Math.max(0, last - first + 1);
    if (nearest > maxDistance) return tooFar;
    row = next;
  }
  return row[b.length]!;
}
