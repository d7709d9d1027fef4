/*
 * The SQL of this adapter. pg-boss makes queues and runs schedules, and version 12 fetches; the rest needs more than its
 * functions give: all jobs of several queues or none, which of them are duplicates, an end that is fenced by the attempt,
 * delays in milliseconds, death without further attempts, a way back without counting the attempt.
 * It relies on the tables `job`, `queue`, `schedule` and, of version 10, `archive`, and on the columns named here.
 * Parameters are texts and numbers only, each with a cast, so that transactions of any library can run them.
 */

/** A table of one major, and what differs in it. */
interface Dialect {
  /** The policy of a queue, and where it is read. All queues of pg-boss 10 have the same one. */
  readonly policy: string;
  readonly queues: (schema: string) => string;
  /** Columns of the lease, of retention and of what only one major has; and what `store` puts there. */
  readonly columns: string;
  readonly values: string;
  readonly leaseEnd: string;
  /** Set where a job dies: pg-boss 12 must not hold up the other jobs of its key. */
  readonly onDeath: string;
  /** Set where a dead letter becomes a job again. */
  readonly onRedrive: string;
}

const KEEP_UNTIL = `clock_timestamp() + interval '100 years'`;

const DIALECTS: Readonly<Record<10 | 12, Dialect>> = {
  10: {
    policy: `'standard'`,
    queues: () => '',
    columns: 'expire_in',
    values: `$2::int * interval '1 second'`,
    leaseEnd: 'started_on + expire_in',
    onDeath: '',
    onRedrive: '',
  },
  12: {
    policy: 'q.policy',
    queues: schema => `LEFT JOIN ${schema}.queue q ON q.name = j.name`,
    columns: 'expire_seconds, deletion_seconds, singleton_key, retry_delay_max',
    values: `$2::int, $3::int, CASE WHEN q.policy = 'key_strict_fifo' THEN COALESCE(j.key, j.id::text) END, j."retryDelayMax"`,
    leaseEnd: `started_on + expire_seconds * interval '1 second'`,
    onDeath: `, policy = NULLIF(policy, 'key_strict_fifo')`,
    onRedrive: ', policy = q.policy, deletion_seconds = $3::int',
  },
};

/** Since 1970. */
const milliseconds = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`;

const DEAD = `id::text AS id, data, output, retry_count + 1 AS attempts, ${milliseconds('completed_on')} AS "diedAt"`;

const ROW = 'id, name, data, retry_limit, retry_delay, retry_backoff';

export type Statements = ReturnType<typeof statements>;

export function statements(schema: string, major: 10 | 12) {
  const { policy, queues, columns, values, leaseEnd, onDeath, onRedrive } = DIALECTS[major];
  const [job, queue, archive] = [`${schema}.job`, `${schema}.queue`, `${schema}.archive`];
  const state = (name: string) => `'${name}'::${schema}.job_state`;
  const is12 = major === 12;
  /** Dead letters of pg-boss 10 are moved to another table after a while. */
  const kept = (selected: string) =>
    major === 10
      ? `SELECT ${selected} FROM ${job} WHERE name = $1 UNION ALL SELECT ${selected} FROM ${archive} WHERE name = $1`
      : `SELECT ${selected} FROM ${job} WHERE name = $1`;
  /** A job that was redriven, or deleted and stored again, has the same id, and its attempts are counted anew. */
  const isSame = (start: string) => `COALESCE(abs(${milliseconds('started_on')} - ${start}) < 1, ${start} IS NULL)`;
  const attempt = `name = $1 AND id = $2::text::uuid AND state = 'active' AND retry_count = $3::int
        AND ${isSame('$4::float8')}`;
  /** @param from rows `j`, and `clock` where their order counts */
  const insert = (from: string, now: string, order = '') => `
      INSERT INTO ${job} (${ROW}, created_on, start_after, keep_until, policy, ${columns})
      SELECT j.id, j.name, j.data, j."retryLimit", j."retryDelay", j."retryBackoff", ${now},
        COALESCE(j.at, ${now} + j.delay * interval '1 millisecond'), ${KEEP_UNTIL}, ${policy}, ${values}
      FROM ${from} ${queues(schema)}
      ${is12 ? '' : `WHERE NOT EXISTS (SELECT 1 FROM ${archive} a WHERE a.name = j.name AND a.id = j.id)`}
      ${order}
      ON CONFLICT DO NOTHING
      RETURNING name, id::text AS id`;

  return {
    /** $1 name, $2 policy. Two that make tables for queues of pg-boss 10 at once would wait for one another. */
    makeQueue: `
      SELECT ${schema}.create_queue($1, json_build_object('policy', $2::text))
      FROM (SELECT pg_advisory_xact_lock(hashtextextended('${schema}.create_queue', 0)) OFFSET 0) AS one_at_a_time`,

    /** $1 jobs as JSON, $2 lease, $3 retention (12); gives what was stored. Jobs of one statement keep their order. */
    store: `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now) ${insert(
      `json_to_recordset($1::text::json) AS j (n int, id uuid, name text, data jsonb, at timestamptz, delay float8,
        key text, "retryLimit" int, "retryDelay" int, "retryBackoff" bool, "retryDelayMax" int) CROSS JOIN clock`,
      `clock.now + j.n * interval '1 microsecond'`,
      'ORDER BY j.n',
    )}`,

    /** As `store`, for one job: $1 its data, $2 lease, $3 retention, and what else it has. */
    storeOne: insert(
      `(SELECT $1::text::jsonb AS data, $4::text::uuid AS id, $5::text AS name, $6::text::timestamptz AS at,
        $7::float8 AS delay, $8::text AS key, $9::int AS "retryLimit", $10::int AS "retryDelay",
        $11::text::bool AS "retryBackoff", $12::int AS "retryDelayMax", $3::int AS retention) j`,
      'clock_timestamp()',
    ),

    /** $1 queue, $2 id, $3 attempts before, $4 start of this one, or null. */
    complete: `
      UPDATE ${job} SET state = 'completed', completed_on = clock_timestamp(), output = NULL
      WHERE ${attempt} RETURNING id`,

    /** $1 queue, $2 how many: of pg-boss 10, whose policy `standard` lets all run. */
    fetch: `
      UPDATE ${job} SET state = 'active', started_on = now(),
        retry_count = CASE WHEN started_on IS NULL THEN retry_count ELSE retry_count + 1 END
      WHERE name = $1 AND id = ANY (ARRAY(
        SELECT id FROM ${job} WHERE name = $1 AND state < 'active' AND start_after < now()
        ORDER BY priority DESC, created_on, id LIMIT $2::int FOR UPDATE SKIP LOCKED))
      RETURNING id, data, retry_count AS "retryCount", retry_limit AS "retryLimit", retry_delay AS "retryDelay",
        retry_backoff AS "retryBackoff", output, ${milliseconds('created_on')} AS "createdOn",
        ${milliseconds('started_on')} AS "startedOn"`,

    /** As `complete`, for each of several: $2, $3 and $4 are arrays. */
    completeAll: `
      UPDATE ${job} j SET state = 'completed', completed_on = clock_timestamp(), output = NULL
      FROM unnest($2::text::uuid[], $3::text::int[], $4::text::float8[]) AS a (id, retry_count, start)
      WHERE j.name = $1 AND j.id = a.id AND j.state = 'active' AND j.retry_count = a.retry_count
        AND ${isSame('a.start')}`,

    /** As `complete`, and $5 failure, $6 milliseconds. */
    retry: `
      UPDATE ${job} SET state = 'retry', output = $5::text::jsonb,
        start_after = clock_timestamp() + $6::float8 * interval '1 millisecond'
      WHERE ${attempt} RETURNING id`,

    /** As `complete`, and $5 failure, $6 retention (12). */
    bury: `
      UPDATE ${job} SET state = 'failed', output = $5::text::jsonb, completed_on = clock_timestamp()
        ${onDeath}${is12 ? ', deletion_seconds = $6::int' : ''}
      WHERE ${attempt} RETURNING id`,

    /** As `complete`. Without `started_on`, the next fetch does not count an attempt. */
    release: `
      UPDATE ${job} SET state = 'retry', started_on = NULL, start_after = clock_timestamp()
      WHERE ${attempt} RETURNING id`,

    /** $1 queue, $2 failure, $3 retention (12). */
    reclaim: `
      UPDATE ${job} SET output = $2::text::jsonb, start_after = clock_timestamp(),
        state = CASE WHEN retry_count < retry_limit THEN ${state('retry')} ELSE ${state('failed')} END,
        completed_on = CASE WHEN retry_count < retry_limit THEN NULL ELSE clock_timestamp() END
        ${
          is12
            ? `, policy = CASE WHEN retry_count < retry_limit THEN policy ELSE NULLIF(policy, 'key_strict_fifo') END,
        deletion_seconds = CASE WHEN retry_count < retry_limit THEN deletion_seconds ELSE $3::int END`
            : ''
        }
      WHERE name = $1 AND state = 'active' AND ${leaseEnd} < clock_timestamp()
      RETURNING id`,

    /** $1 queue. Jobs that pg-boss 12 itself has failed at the end of their lease would hold up their key. */
    unblock: `UPDATE ${job} SET policy = NULL WHERE name = $1 AND state = 'failed' AND policy = 'key_strict_fifo'`,

    /** $1 queue, $2 limit, $3 id or null, $4 when that has died, if it is known: it may not be a dead letter any more. */
    listDead: `
      WITH dead AS MATERIALIZED (
        SELECT * FROM (${kept('id, state, data, output, retry_count, completed_on')}) k WHERE state = 'failed'
      )
      SELECT ${DEAD}, completed_on::text AS position
      FROM dead
      WHERE (completed_on, id) > (
        COALESCE($4::text::timestamptz, (SELECT completed_on FROM dead WHERE id = $3::text::uuid), '-infinity'),
        COALESCE($3::text::uuid, '00000000-0000-0000-0000-000000000000'))
      ORDER BY completed_on, dead.id LIMIT $2::int`,

    /** $1 queue, $2 id. */
    getDead: `
      SELECT ${DEAD} FROM (${kept('id, state, data, output, retry_count, completed_on')}) k
      WHERE state = 'failed' AND id = $2::text::uuid`,

    /** $1 queue, $2 id, $3 retention (12). */
    redrive: `
      WITH ${
        major === 10
          ? `back AS (
        DELETE FROM ${archive} WHERE name = $1 AND id = $2::text::uuid AND state = 'failed' RETURNING *
      ), moved AS (
        INSERT INTO ${job} (${ROW}, created_on, start_after, keep_until, policy, expire_in)
        SELECT ${ROW}, created_on, clock_timestamp(), ${KEEP_UNTIL}, policy, expire_in FROM back RETURNING id
      ), `
          : ''
      }again AS (
        UPDATE ${job} j SET state = 'created', retry_count = 0, started_on = NULL, completed_on = NULL, output = NULL,
          start_after = clock_timestamp(), keep_until = ${KEEP_UNTIL} ${onRedrive}
        FROM ${queue} q
        WHERE j.name = $1 AND j.id = $2::text::uuid AND j.state = 'failed' AND q.name = j.name RETURNING j.id
      )
      SELECT id FROM again ${major === 10 ? 'UNION ALL SELECT id FROM moved' : ''}`,

    /** $1 queue, $2 id. */
    discard: `
      WITH gone AS (DELETE FROM ${job} WHERE name = $1 AND id = $2::text::uuid AND state = 'failed' RETURNING id)
      ${
        major === 10
          ? `, old AS (DELETE FROM ${archive} WHERE name = $1 AND id = $2::text::uuid AND state = 'failed' RETURNING id)
      SELECT id FROM old UNION ALL`
          : ''
      } SELECT id FROM gone`,

    /** $1 queue. */
    inspect: `
      SELECT count(*) FILTER (WHERE state < 'active' AND start_after <= clock_timestamp())::int AS ready,
        count(*) FILTER (WHERE state < 'active' AND start_after > clock_timestamp())::int AS delayed,
        count(*) FILTER (WHERE state = 'active')::int AS active,
        count(*) FILTER (WHERE state = 'failed')::int AS dead,
        count(*) FILTER (WHERE state = 'completed' AND completed_on > clock_timestamp() - interval '1 minute')::int
          AS "handledLastMinute",
        ${milliseconds(`min(created_on) FILTER (WHERE state < 'active' AND start_after <= clock_timestamp())`)} AS oldest
      FROM (${kept('state, start_after, created_on, completed_on')}) k`,

    /** $1 beginning of the names. */
    schedules: `
      SELECT name, cron, timezone, data FROM ${schema}.schedule WHERE starts_with(name, $1::text) ORDER BY name`,

    /** $1 queue of a schedule. */
    clear: `DELETE FROM ${job} WHERE name = $1 AND state < 'active'`,

    /** $1 queue of a schedule that may be new: what was due when one of its name was removed. */
    clearNew: `
      DELETE FROM ${job} WHERE name = $1::text AND state < 'active'
        AND NOT EXISTS (SELECT FROM ${schema}.schedule WHERE name = $1::text)`,

    /** $1 beginning of the names, $2 queues as JSON, $3 lease, $4 retention (12): jobs of schedules to their queues. */
    move: `
      WITH due AS (
        DELETE FROM ${job}
        WHERE state < 'active' AND start_after <= clock_timestamp() AND name IN (
          SELECT name FROM ${schema}.schedule WHERE starts_with(name, $1::text)
            AND data->>'target' IN (SELECT json_array_elements_text($2::text::json)))
        RETURNING *
      )
      INSERT INTO ${job} (${ROW}, created_on, start_after, keep_until, policy, ${columns})
      SELECT due.id, due.data->>'target', due.data, due.retry_limit, due.retry_delay, due.retry_backoff,
        clock_timestamp(), clock_timestamp(), ${KEEP_UNTIL}, q.policy, $3::int${
          major === 10
            ? ` * interval '1 second'`
            : `, $4::int, CASE WHEN q.policy = 'key_strict_fifo' THEN due.name END, due.retry_delay_max`
        }
      FROM due LEFT JOIN ${queue} q ON q.name = due.data->>'target'
      RETURNING name`,
  };
}
