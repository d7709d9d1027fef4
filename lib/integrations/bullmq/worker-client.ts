import type { IRedisClient } from 'bullmq';
import { finishingTogether } from './finish-script.js';
import { jsonOr } from './stored-job.js';

/** Fields that BullMQ parses before it has a job, and what it gets in place of a text that it cannot take. */
const PARSED: ReadonlyMap<string, string> = new Map([
  ['opts', '{}'],
  ['progress', '0'],
]);

/**
 * For `Worker`: jobs that end in one turn of the event loop may end with one call, and a job that another program has
 * written wrongly is a job all the same. BullMQ would throw, and have it active until it stalls.
 * @param concurrency of the worker
 */
export function workerClient(client: IRedisClient, concurrency: number): IRedisClient {
  const run = finishingTogether(client, concurrency);
  const runCommand: IRedisClient['runCommand'] = (name, args) => run(name, args).then(readable);
  return new Proxy(client, {
    get: (target, property) => (property === 'runCommand' ? runCommand : target[property as keyof IRedisClient]),
  });
}

function readable(answer: unknown): unknown {
  if (Array.isArray(answer) && Array.isArray(answer[0])) repair(answer[0] as string[]);
  return answer;
}

/** @param fields of a job, each before its value */
function repair(fields: string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    const instead = PARSED.get(fields[i]!);
    if (instead !== undefined && !isFit(fields[i]!, fields[i + 1]!)) fields[i + 1] = instead;
  }
}

function isFit(field: string, text: string): boolean {
  const value = jsonOr(text, undefined);
  return field === 'opts' ? typeof value === 'object' && value !== null : value !== undefined;
}
