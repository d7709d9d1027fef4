import type { Attributes } from '@opentelemetry/api';
import { CqrsException, type MessageContext } from '../../extension.js';

/** Options of `CqrsOpenTelemetryModule.forRoot()` and `CqrsInstrumentation`. */
export interface CqrsTelemetryOptions {
  /** Default: true. */
  readonly spans?: boolean;
  /** Default: true. */
  readonly metrics?: boolean;
  /** `middleware`: also a span for each middleware and each call of a handler. Default: `messages`. */
  readonly detail?: 'messages' | 'middleware';
  /**
   * `internal`: all spans are INTERNAL. Default: `messaging`, PRODUCER and CONSUMER as the conventions say, which some
   * backends draw as calls between services.
   */
  readonly kinds?: 'messaging' | 'internal';
  /**
   * What a message from another process, or from a store, does with the trace that it comes with: `parent` goes on with
   * it; `link` begins a trace of its own that refers to it. Default: `parent`.
   */
  readonly arrivals?: 'parent' | 'link';
  /** What of a message becomes attributes of its spans. Default: nothing; a failure of it is left out, and told to `diag`. */
  readonly attributes?: (message: object, context: MessageContext) => Attributes | undefined;
}

/** With defaults. */
export type Settings = Required<Omit<CqrsTelemetryOptions, 'attributes'>> & Pick<CqrsTelemetryOptions, 'attributes'>;

const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  spans: [true, false],
  metrics: [true, false],
  detail: ['messages', 'middleware'],
  kinds: ['messaging', 'internal'],
  arrivals: ['parent', 'link'],
};

/** @throws CqrsException (code CQRS_INVALID_OPTIONS) for the first option that is not as it must be */
export function readOptions(options: CqrsTelemetryOptions, where: string, others: readonly string[] = []): Settings {
  const known = [...Object.keys(CHOICES), 'attributes', ...others];
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name))
      throw invalid(`There are no options "${name}".`, where, `Known are ${known.join(', ')}.`);
    const choices = CHOICES[name];
    if (value === undefined || (choices?.includes(value) ?? (name !== 'attributes' || typeof value === 'function')))
      continue;
    const expected = choices?.map(choice => JSON.stringify(choice)).join(' or ') ?? 'a function';
    throw invalid(`The option "${name}" must be ${expected}, not ${String(value)}.`, where, 'Correct the option.');
  }
  const { spans = true, metrics = true, detail = 'messages', kinds = 'messaging', arrivals = 'parent' } = options;
  return { spans, metrics, detail, kinds, arrivals, attributes: options.attributes };
}

const invalid = (what: string, where: string, remedy: string): CqrsException =>
  new CqrsException({ code: 'CQRS_INVALID_OPTIONS', what, where, remedy });
