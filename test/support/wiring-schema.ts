import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

const file = join(import.meta.dirname, '../../lib/introspection/wiring.schema.json');

/** The schema allows for additions; here what it does not name is a mistake. */
const strict = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  return 'properties' in schema ? { ...inner, additionalProperties: false } : inner;
};

const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(
  strict(JSON.parse(readFileSync(file, 'utf8'))) as object,
);

/** What the JSON schema of the package says against a document. */
export function schemaErrors(document: unknown): string[] {
  validate(JSON.parse(JSON.stringify(document)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
