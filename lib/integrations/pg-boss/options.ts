import { CqrsException } from '../../extension.js';

/** Options of `pgBoss()`. */
export interface PgBossOptions {
  /**
   * Queues in the engine are `<prefix>.<name>`, those of schedules `<prefix>-schedules.<name>`. Letters, digits, `_`
   * and `-`. Default: `cqrs`.
   */
  readonly prefix?: string;
  /**
   * The schema of the boss. Default: that of its configuration; must be given for a boss with a `db` of your own.
   */
  readonly schema?: string;
  /**
   * Milliseconds that a job is given to one worker, rounded up to seconds. Then the signal of its delivery is aborted,
   * and another worker takes it. From 1,000 to 86,400,000 (a day). Default: 900,000 (15 minutes).
   */
  readonly lease?: number;
  /**
   * Milliseconds between two looks for jobs, for each queue. Jobs that this process stores are seen at once. From 50
   * to 60,000. Default: 500.
   */
  readonly poll?: number;
  /**
   * Milliseconds that a handled job is kept, rounded up to seconds: as long is its id taken. At least 1,000. Default:
   * 604,800,000 (7 days). pg-boss 12 only; for 10, say it to the boss: `archiveCompletedAfterSeconds` and
   * `deleteAfterSeconds`.
   */
  readonly keep?: number;
  /**
   * Milliseconds that a dead letter is kept, rounded up to seconds. At least 1,000. Default: 1,209,600,000 (14 days).
   * pg-boss 12 only; for 10, say it to the boss: `archiveFailedAfterSeconds` and `deleteAfterSeconds`.
   */
  readonly keepDead?: number;
  /**
   * Whether PostgreSQL plans the statements that store one message, and that complete one, once for each connection:
   * named statements of `pg`, in transactions of `pg` 8.17 or later too. Then one `enqueue` takes three fifths of the time.
   * Not behind a pooler that gives each transaction another connection and does not know named statements, as PgBouncer
   * before 1.21 or with `max_prepared_statements = 0`; and not where `DISCARD ALL` or `DEALLOCATE ALL` runs on the
   * connections, of which `pg` does not learn. There, the statements fail. Default: false.
   */
  readonly prepare?: boolean;
}

/** Options with their defaults. */
export type Settings = Required<Omit<PgBossOptions, 'schema'>>;

const DAY = 86_400_000;

const DEFAULTS: Settings = {
  prefix: 'cqrs',
  lease: 900_000,
  poll: 500,
  keep: 7 * DAY,
  keepDead: 14 * DAY,
  prepare: false,
};

const KNOWN = [...Object.keys(DEFAULTS), 'schema'];

/** The range of each number, in milliseconds. */
const RANGES: Readonly<Record<'lease' | 'poll' | 'keep' | 'keepDead', readonly [number, number]>> = {
  lease: [1000, DAY],
  poll: [50, 60_000],
  keep: [1000, 3650 * DAY],
  keepDead: [1000, 3650 * DAY],
};

/** @throws CqrsException (code CQRS_INVALID_OPTIONS) */
export function settingsOf(options: PgBossOptions, major: 10 | 12): Settings {
  const other = Object.keys(options).find(key => !KNOWN.includes(key));
  if (other !== undefined)
    throw invalid(`There is no option "${other}".`, `Use one of these, or leave it out: ${KNOWN.join(', ')}.`);
  const { schema } = options;
  if (schema !== undefined && !(typeof schema === 'string' && /^\w+$/.test(schema)))
    throw invalid('The option "schema" must be a name.', 'Give it as `new PgBoss({ schema })` has it.');
  const settings = { ...DEFAULTS, ...defined(options) };
  if (typeof settings.prefix !== 'string' || !/^[\w-]+$/.test(settings.prefix))
    throw invalid('The option "prefix" is not allowed.', 'Use letters, digits, "_" and "-".');
  if (typeof settings.prepare !== 'boolean')
    throw invalid('The option "prepare" must be true or false.', 'Leave it out for false.');
  for (const [name, [least, most]] of Object.entries(RANGES) as [keyof typeof RANGES, [number, number]][])
    if (!(Number.isFinite(settings[name]) && settings[name] >= least && settings[name] <= most))
      throw invalid(
        `The option "${name}" must be a number of milliseconds.`,
        `Give one from ${least} to ${most}, or leave it out.`,
      );
  if (major === 10) refuseOn10(options);
  return settings;
}

/** pg-boss 10 keeps finished jobs by its own configuration, the same for all queues. */
function refuseOn10(options: PgBossOptions): void {
  const given = (['keep', 'keepDead'] as const).find(name => options[name] !== undefined);
  if (given === undefined) return;
  throw invalid(
    `pg-boss 10 has nothing for the option "${given}".`,
    'Give it to the boss: new PgBoss({ archiveCompletedAfterSeconds, archiveFailedAfterSeconds, deleteAfterSeconds }).',
  );
}

const defined = (options: PgBossOptions): PgBossOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

export const invalid = (what: string, remedy: string): CqrsException =>
  new CqrsException({ code: 'CQRS_INVALID_OPTIONS', what, where: 'pgBoss()', remedy });
