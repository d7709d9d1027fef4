import { inspect, type InspectOptions } from 'node:util';
import type { MessageType } from '../../extension.js';
import { otherFields } from '../flow/difference.js';

/**
 * Stands for a message of a class, of which only some fields are compared. May stand anywhere within an expected value,
 * also in those of Jest and Vitest.
 */
export const partly = <T extends object>(type: MessageType<T>, fields: Partial<T>): T =>
  new Partly(type, fields) as unknown as T;

class Partly {
  readonly #type: MessageType;
  readonly #fields: object;

  constructor(type: MessageType, fields: object) {
    this.#type = type;
    this.#fields = fields;
  }

  /** Asked by `matches()`, by Jest and by Vitest. */
  asymmetricMatch(value: unknown): boolean {
    return value instanceof (this.#type as new () => object) && otherFields({ ...this.#fields }, value).length === 0;
  }

  /** For the difference: what the message would be, with these fields. */
  completed(value: object): object {
    if (!(value instanceof (this.#type as new () => object))) return this;
    return Object.assign(Object.create(Object.getPrototypeOf(value) as object) as object, value, this.#fields);
  }

  toAsymmetricMatcher(): string {
    return this.toString();
  }

  toString(): string {
    return `partly(${this.#type.name}, ${inspect(this.#fields, { depth: 6, breakLength: Infinity })})`;
  }

  [inspect.custom](_depth: number, _options: InspectOptions): string {
    return this.toString();
  }
}
