import { relative } from 'node:path';
import type { Compiler } from './compiler.js';
import type { Finding } from './finding.js';
import { inspectClasses } from './inspections/classes.js';
import { HandlersInspection } from './inspections/handlers.js';
import { type Inspected, type Inspection, placeOf } from './inspections/inspection.js';
import { inspectMembers } from './inspections/members.js';
import { ModuleOptionsInspection } from './inspections/module-options.js';
import { inspectPublishing } from './inspections/publishing.js';
import { nodesOf } from './nodes.js';
import { PackageExports } from './package-exports.js';
import { compiledBy } from './programs.js';
import type { Project } from './project.js';

const TEST = /(\.|-)(spec|test)\.[cm]?[jt]sx?$|(^|[/\\])(tests?|__tests__|e2e)[/\\]/;

export function inspectSources(compiler: Compiler, { folder, sources }: Project): Finding[] {
  const findings: Finding[] = [];
  const handlers = new HandlersInspection();
  const options = new ModuleOptionsInspection();
  const inspections: Inspection[] = [
    inspectPublishing,
    inspectClasses,
    inspectMembers,
    handlers.inspect,
    options.inspect,
  ];
  for (const { checker, files } of compiledBy(compiler, sources)) {
    const exports = new PackageExports(compiler, checker);
    for (const { source, file } of files) {
      const inspected: Inspected = {
        compiler,
        file,
        exports,
        isTest: TEST.test(relative(folder, source.file)),
        find: (kind, node, what) => void findings.push({ kind, place: placeOf(node, file), what }),
      };
      for (const node of nodesOf(compiler, file)) for (const inspect of inspections) inspect(node, inspected);
    }
  }
  return [...findings, ...handlers.findings(), ...options.findings()];
}
