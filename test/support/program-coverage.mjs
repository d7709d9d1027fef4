// The coverage of `lib` in programs that tests start: each writes what it has run into a folder when it ends, and the next
// file of tests that ends in Jest hands it on. Only `npm test` asks for it, by the variable CQRS_COVERAGE.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** The folder of the reports; undefined for none. What measures memory is left as it is. */
export const coverageFolder = process.execArgv.includes('--expose-gc') ? undefined : process.env.CQRS_COVERAGE;

/** Code that counts what it runs, as that of Jest does. */
export function instrumented(code, file) {
  const { createInstrumenter } = require('istanbul-lib-instrument');
  const [text, map] = code.split('//# sourceMappingURL=data:application/json;base64,');
  const instrumenter = createInstrumenter({ esModules: true, compact: false, produceSourceMap: true });
  const result = instrumenter.instrumentSync(text, file, JSON.parse(Buffer.from(map, 'base64').toString()));
  const newMap = Buffer.from(JSON.stringify(instrumenter.lastSourceMap())).toString('base64');
  return `${result}\n//# sourceMappingURL=data:application/json;base64,${newMap}\n`;
}

/** In a program: writes what it has run when it ends. A program that is killed tells nothing. */
export function reportAtExit() {
  process.on('exit', () => {
    if (globalThis.__coverage__ === undefined) return;
    const report = join(coverageFolder, randomUUID());
    writeFileSync(report, JSON.stringify(globalThis.__coverage__));
    // It is there all at once.
    renameSync(report, `${report}.json`);
  });
}

/** In Jest: what programs have reported since it was asked last. */
export function reportsOfPrograms() {
  if (coverageFolder === undefined) return [];
  const reports = readdirSync(coverageFolder).filter(name => name.endsWith('.json'));
  return reports.map(report => taken(join(coverageFolder, report)));
}

/** Another worker may take it at the same time. */
function taken(report) {
  const own = `${report}.${process.pid}`;
  try {
    renameSync(report, own);
  } catch {
    return {};
  }
  const coverage = JSON.parse(readFileSync(own, 'utf8'));
  rmSync(own);
  return coverage;
}

/** The first may be that of a file of tests, those of programs follow. */
export function addCoverage([first, ...others]) {
  if (others.length === 0) return first;
  const { createCoverageMap } = require('istanbul-lib-coverage');
  const sum = createCoverageMap(first);
  for (const other of others) sum.merge(other);
  return Object.fromEntries(sum.files().map(file => [file, sum.fileCoverageFor(file).toJSON()]));
}
