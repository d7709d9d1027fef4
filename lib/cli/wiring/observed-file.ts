import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WiringObserved } from '../../index.js';
import { WrongUse } from '../command.js';

/**
 * Reads what was observed: a file of `collectLinks()`, or a document of the wiring that has it.
 * @throws WrongUse
 */
export function observedIn(file: string, folder: string): { observed: WiringObserved; observedIn: string } {
  const path = resolve(folder, file);
  if (!existsSync(path))
    throw new WrongUse(
      `The file ${file} does not exist. collectLinks() of nestjs-cqrs/testing writes it when tests run.`,
    );
  const observed = read(path);
  if (observed === undefined) throw new WrongUse(`${file} does not say what was observed.`);
  return { observed, observedIn: file };
}

function read(path: string): WiringObserved | undefined {
  try {
    const { schema, observed, ...own } = JSON.parse(readFileSync(path, 'utf8')) as Partial<WiringObserved> & {
      readonly schema?: string;
      readonly observed?: Partial<WiringObserved>;
    };
    const found = (schema === 'nestjs-cqrs/observed@1' ? own : observed) as WiringObserved;
    return typeof found.since === 'string' && Array.isArray(found.links) ? found : undefined;
  } catch {
    // No JSON, or nothing in it was observed.
    return undefined;
  }
}
