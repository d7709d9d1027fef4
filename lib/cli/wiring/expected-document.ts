import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WiringDocument } from '../../index.js';
import { WrongUse } from '../command.js';
import { LISTS } from './differences.js';
import { broken, fieldsOf, isFields } from './written-file.js';

/**
 * Reads the document that the wiring is compared with.
 * @throws WrongUse
 */
export function expectedDocument(name: string, folder: string): WiringDocument {
  const path = resolve(folder, name);
  if (!existsSync(path)) throw new WrongUse(`The file ${name} does not exist. Write it with --format json --out.`);
  const file = {
    path,
    name,
    what: 'a document of --format json',
    remedy: `Write it anew: --format json --out ${name}.`,
  };
  const document = fieldsOf(file);
  const { schema } = document;
  if (schema !== 'nestjs-cqrs/wiring@1') throw broken(file, `its schema is ${JSON.stringify(schema) ?? 'missing'}`);
  for (const [list] of LISTS) {
    const items = document[list] ?? [];
    if (!Array.isArray(items)) throw broken(file, `"${list}" is not a list`);
    const odd = items.findIndex(item => !isFields(item));
    if (odd >= 0) throw broken(file, `${list}[${odd}] is not an object`);
  }
  return document as unknown as WiringDocument;
}
