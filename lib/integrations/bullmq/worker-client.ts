import type { IRedisClient } from 'bullmq';
import { finishingTogether } from './finish-script.js';
import { jsonOr } from './stored-job.js';

/** Fields that BullMQ parses before it has a job, and what it gets in place of a text that it cannot take. */
const PARSED: ReadonlyMap<string, string> = new Map([
  ['opts', '{}'],
  ['progress', '0'],
  ['parent', ''],
]);

/**
 * For `Worker`: jobs that end in one turn of the event loop may end with one call, and a job that another program has
 * written wrongly is a job all the same. BullMQ would throw, and have it active until it stalls.
 * @param concurrency of the worker
 */
export function workerClient(client: IRedisClient, concurrency: number): IRedisClient {
  const run = finishingTogether(client, concurrency);
  const runCommand: IRedisClient['runCommand'] = async (name, args) => {
    const answer = await run(name, args);
    if (!Array.isArray(answer) || !Array.isArray(answer[0])) return answer;
    const [fields, id] = answer as [string[], string];
    // The script that ends the job reads it too. It is sent later on this connection.
    if (repair(fields).includes('parent')) client.hdel(`${queueOf(args)}${id}`, 'parent').catch(() => undefined);
    return answer;
  };
  return new Proxy(client, {
    get: (target, property) => (property === 'runCommand' ? runCommand : target[property as keyof IRedisClient]),
  });
}

/** What the keys of its jobs begin with. The first key of a script that takes jobs is that of the list of those that wait. */
const queueOf = ([key]: readonly unknown[]): string => String(key).slice(0, -'wait'.length);

/**
 * @param fields of a job, each before its value
 * @returns which were wrong
 */
function repair(fields: string[]): string[] {
  const wrong: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const instead = PARSED.get(fields[i]!);
    if (instead === undefined || isFit(fields[i]!, fields[i + 1]!)) continue;
    fields[i + 1] = instead;
    wrong.push(fields[i]!);
  }
  return wrong;
}

function isFit(field: string, text: string): boolean {
  const value = jsonOr(text, undefined);
  if (field === 'progress') return value !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  const { id, queueKey } = value as { readonly id?: unknown; readonly queueKey?: unknown };
  return field !== 'parent' || (typeof id === 'string' && typeof queueKey === 'string');
}
