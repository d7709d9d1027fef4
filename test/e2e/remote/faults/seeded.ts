/** Numbers that a seed decides, so that a run can be repeated: `CQRS_SEED=…`. */
export class Seeded {
  private state: number;

  constructor(readonly seed = Number(process.env['CQRS_SEED'] ?? Date.now() % 2 ** 31)) {
    this.state = seed;
  }

  /** From 0 to `end - 1`. */
  below(end: number): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % end;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  text(most: number): string {
    return Array.from({ length: this.below(most) }, () => String.fromCharCode(this.below(0x3000))).join('');
  }

  /** Any JSON value, with the keys that make trouble. */
  json(depth = 4): unknown {
    switch (this.below(depth > 0 ? 9 : 6)) {
      case 0:
        return null;
      case 1:
        return this.below(2) === 0;
      case 2:
        return this.of([0, -0, 1, -1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 31, 5e-324]);
      case 3:
        return this.text(12);
      case 4:
        return this.of(['', '__proto__', 'constructor', 'toString', 'command', '\u0000', '\n', '💥'.repeat(200)]);
      case 5:
        return [];
      case 6:
        return Array.from({ length: this.below(4) }, () => this.json(depth - 1));
      default:
        return this.object(Array.from({ length: this.below(5) }, () => [this.of(KEYS), this.json(depth - 1)]));
    }
  }

  /** With `__proto__` as a field of its own, as `JSON.parse` makes it. */
  private object(entries: [string, unknown][]): unknown {
    return JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`);
  }
}

const KEYS = [
  'kind',
  'envelope',
  'meta',
  'payload',
  'name',
  'version',
  'headers',
  'rows',
  'credit',
  'alive',
  'call',
  'ok',
  'error',
  'value',
  '$type',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toJSON',
  'then',
  'length',
];
