// Reads from standard input which names each path must have, and prints those that it has not, or has another of.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { json } from 'node:stream/consumers';
import * as root from 'nestjs-cqrs';

const require = createRequire(import.meta.url);
const faults = [];
for (const [specifier, names] of await json(process.stdin)) {
  try {
    const imported = await import(specifier);
    const required = require(specifier);
    for (const name of names) {
      const expected = root[name] ?? imported[name];
      if (expected === undefined || imported[name] !== expected || required[name] !== expected)
        faults.push(`${name} of ${specifier}`);
    }
  } catch (error) {
    faults.push(`${specifier}: ${error.code}`);
  }
}
console.log(JSON.stringify(faults));
