import type { ConnectionOptions } from 'bullmq';
import { CqrsException } from '../../extension.js';

/** How long finished jobs are kept. A job of the same id is recognised as a duplicate as long as its first is there. */
export interface BullMQKeepOptions {
  /** In milliseconds, rounded up to seconds. Default: 86,400,000, a day. */
  readonly age?: number;
  /** How many for each queue. Default: 10,000. */
  readonly count?: number;
}

/** Options of `bullmq()`. */
export interface BullMQOptions {
  /**
   * Keys in Redis begin with it. Processes that share queues have the same one. On a Redis Cluster, write it in braces,
   * `{cqrs}`: jobs of several queues are stored as one. Default: `cqrs`.
   */
  readonly prefix?: string;
  /**
   * How long a process that is no longer heard of keeps its jobs, in milliseconds from 100 to 2,147,483,647. A running
   * handler renews it at every third. Default: 30,000.
   */
  readonly lease?: number;
  /** Finished jobs; dead letters are kept until you discard them. */
  readonly keep?: BullMQKeepOptions;
}

/** With defaults. */
export interface Settings {
  readonly prefix: string;
  readonly lease: number;
  readonly keep: Required<BullMQKeepOptions>;
}

const WHERE = 'bullmq()';

const LONGEST_TIMER = 2 ** 31 - 1;

const DAY = 86_400_000;

/** @throws CqrsException (code CQRS_INVALID_OPTIONS) for the first option that is not as it must be */
export function readOptions(options: BullMQOptions): Settings {
  checkNames('', options, ['prefix', 'lease', 'keep']);
  const { prefix = 'cqrs', lease = 30_000, keep = {} } = options;
  check('prefix', prefix, isPrefix(prefix), 'a text that is not empty, without ":" at its end');
  check('lease', lease, isWhole(lease, 100, LONGEST_TIMER), `a whole number of milliseconds, 100 to ${LONGEST_TIMER}`);
  checkNames('keep.', keep, ['age', 'count']);
  const { age = DAY, count = 10_000 } = keep;
  check('keep.age', age, isWhole(age, 1), 'a whole number of milliseconds greater than 0');
  check('keep.count', count, isWhole(count, 1), 'a whole number greater than 0');
  return { prefix, lease, keep: { age, count } };
}

/** @throws CqrsException (code CQRS_INVALID_OPTIONS) for anything but options or a client of ioredis */
export function checkConnection(connection: ConnectionOptions): void {
  const given: unknown = connection;
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && (!('duplicate' in given) || 'defineCommand' in given)) return;
  throw invalid(
    `The connection must be options of ioredis or a client of ioredis 5, not ${isObject ? 'another object' : typeof given}.`,
    "Give it `{ host, port }`, `{ url: 'redis://…' }` or `new Redis(…)`.",
  );
}

function checkNames(path: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw invalid(
      path === '' ? 'The options must be an object.' : `The option "${path.slice(0, -1)}" must be an object.`,
    );
  const other = Object.keys(given).find(key => !known.includes(key));
  if (other === undefined) return;
  throw invalid(`There is no option "${path}${other}".`, `Use one of these, or leave it out: ${known.join(', ')}.`);
}

function check(name: string, value: unknown, isFit: boolean, expected: string): void {
  if (!isFit) throw invalid(`The option "${name}" must be ${expected}, not ${JSON.stringify(value) ?? typeof value}.`);
}

const invalid = (what: string, remedy = 'Give it such a value, or leave it out.'): CqrsException =>
  new CqrsException({ code: 'CQRS_INVALID_OPTIONS', what, where: WHERE, remedy });

const isPrefix = (value: unknown): boolean => typeof value === 'string' && value !== '' && !value.endsWith(':');

const isWhole = (value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
