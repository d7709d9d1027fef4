import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WiringObserved } from '../../index.js';
import { WrongUse } from '../command.js';
import { broken, fieldsOf, isFields, type WrittenFile } from './written-file.js';

/**
 * Reads what was observed: a file of `collectLinks()`, or a document of the wiring that has it.
 * @throws WrongUse
 */
export function observedIn(name: string, folder: string): { observed: WiringObserved; observedIn: string } {
  const path = resolve(folder, name);
  if (!existsSync(path))
    throw new WrongUse(
      `The file ${name} does not exist. collectLinks() of nestjs-cqrs/testing writes it when tests run.`,
    );
  const file = {
    path,
    name,
    what: 'a file of collectLinks()',
    remedy: 'Remove it, and run the tests that write it again.',
  };
  return { observed: read(file), observedIn: name };
}

function read(file: WrittenFile): WiringObserved {
  const { schema, observed, ...own } = fieldsOf(file);
  const seen = schema === 'nestjs-cqrs/observed@1' ? own : observed;
  if (!isFields(seen)) throw broken(file, 'it does not say what was observed');
  const { since, links } = seen;
  if (typeof since !== 'string') throw broken(file, 'it does not say since when');
  if (!Array.isArray(links)) throw broken(file, 'it has no list of links');
  const odd = links.findIndex(link => !isLink(link));
  if (odd >= 0) throw broken(file, `links[${odd}] has no "from", "to" and "count"`);
  return seen as unknown as WiringObserved;
}

const isLink = (link: unknown): boolean =>
  isFields(link) &&
  typeof link['from'] === 'string' &&
  typeof link['to'] === 'string' &&
  typeof link['count'] === 'number';
