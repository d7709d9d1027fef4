import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parsedArguments } from '../arguments.js';
import { type Command, EXIT, type Terminal, WrongUse } from '../command.js';
import { OWN_FOLDER, OWN_PACKAGE } from '../own-package.js';
import { Aliases } from './aliases.js';
import { type Change, changedText } from './change.js';
import { type Compiler, compilerOf, NoCompiler } from './compiler.js';
import { configurationMentions } from './configuration-mentions.js';
import { declaresEither } from './declared.js';
import type { Finding } from './finding.js';
import { treeState } from './git.js';
import { inspectSources } from './inspect-sources.js';
import { installCommand } from './install-command.js';
import { manifestEdits } from './manifest-edits.js';
import { renameBy } from './package-name.js';
import { type Project, readProject } from './project.js';
import { findingBlocks, reportOf } from './report.js';
import { librariesOnIncumbent, tooOld } from './requirements.js';
import { sourceChanges } from './source-changes.js';
import type { SourceText } from './source-text.js';
import { NotWritten, writeChanges } from './write-changes.js';

const HELP = `Usage: nestjs-cqrs migrate [folder] [--dry-run] [--force]

Changes @nestjs/cqrs to nestjs-cqrs in a project: in imports and exports, require, jest.mock and
vi.mock, "declare module", deep paths, and the dependencies of every package.json. Formatting and
comments stay. Then lists what a person must look at, with file, line, reason and remedy.
A second run changes nothing. Lock files are not changed: the report names the command to run.

  folder       the project (default: the current folder)
  --dry-run    print the same report, write nothing; works on a dirty git tree too
  --force      write although the git tree is dirty, there is none, or Nest is older than 11
  -h, --help   show this help

Reads the files that git knows or would add; without git, all but node_modules and build output.
Uses the TypeScript of the project, from 4.8 to 6. Version 7 lacks the API; then run
  npx -y -p typescript@6 -p nestjs-cqrs nestjs-cqrs migrate

Exit codes: 0 done, also if there is something to look at; 1 refused or failed; 2 wrong use.`;

export const migrate: Command = {
  help: HELP,
  run(args, terminal) {
    const { folder, isDryRun, isForced } = optionsOf(args, terminal);
    try {
      return migrateProject({
        project: readProject(folder),
        compiler: compilerOf(folder),
        isDryRun,
        isForced,
        terminal,
      });
    } catch (error) {
      if (!(error instanceof NoCompiler || error instanceof NotWritten)) throw error;
      terminal.complain(error.message);
      return EXIT.failed;
    }
  },
};

interface Migration {
  readonly project: Project;
  readonly compiler: Compiler;
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly terminal: Terminal;
}

function migrateProject({ project, compiler, isDryRun, isForced, terminal }: Migration): number {
  const { changes, findings } = changesOf(project, compiler);
  const old = tooOld(project.manifests, OWN_PACKAGE);
  const reasons = isForced || changes.length === 0 ? [] : refusals(project.folder, old, terminal.folder);
  if (reasons.length > 0 && !isDryRun) {
    terminal.complain(['Nothing was written.', ...reasons].join('\n\n'));
    return EXIT.failed;
  }
  const isDeclared = project.manifests.some(declaresEither);
  const outcome = {
    changes,
    findings: [...old, ...findings, ...inspectSources(compiler, project)],
    isDryRun,
    install: changes.length === 0 ? undefined : installCommand(project.folder, isDeclared),
  };
  if (!isDryRun) writeChanges(changes);
  terminal.print(reportOf(outcome, terminal.folder));
  if (reasons.length > 0) terminal.complain(['Without --dry-run this is refused:', ...reasons].join('\n\n'));
  return EXIT.done;
}

interface Changes {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

function changesOf({ sources, manifests, configurations, findings }: Project, compiler: Compiler): Changes {
  const rename = renameBy(OWN_PACKAGE.exports, target => existsSync(new URL(target, OWN_FOLDER)));
  const aliases = new Aliases(manifests);
  const isOpen = (source: SourceText): boolean => !aliases.covers(source);
  const inSources = sources.filter(isOpen).map(source => sourceChanges(compiler, source, rename));
  const range = `^${OWN_PACKAGE.version}`;
  const inManifests = manifests
    .filter(isOpen)
    .map(source => ({ source, edits: manifestEdits(compiler, source, range) }));
  // The report names lines of the written package.json: its keys move.
  const written = inManifests.map(change => ({ file: change.source.file, text: changedText(change) }));
  return {
    changes: [...inManifests, ...inSources].filter(({ edits }) => edits.length > 0),
    findings: [
      ...findings,
      ...inSources.flatMap(({ findings }) => findings),
      ...[...written, ...configurations.filter(isOpen)].flatMap(configurationMentions),
      ...librariesOnIncumbent([...written, ...manifests.filter(source => aliases.covers(source))]),
      ...aliases.findings(),
    ],
  };
}

function refusals(folder: string, old: readonly Finding[], terminalFolder: string): string[] {
  const state = treeState(folder);
  const reasons = old.length === 0 ? [] : [...findingBlocks(old, terminalFolder), 'Or use --force.'];
  if (state === 'dirty') reasons.push('The git tree has uncommitted changes. Commit or stash them, or use --force.');
  if (state === 'none') {
    reasons.push(`${folder} is in no git tree, so there would be no way back. Commit it to one, or use --force.`);
  }
  return reasons;
}

function optionsOf(args: readonly string[], { folder }: Terminal) {
  const { values, positionals } = parsedArguments(args, {
    'dry-run': { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
  });
  if (positionals.length > 1) throw new WrongUse(`migrate takes one folder, not ${positionals.length}.`);
  const chosen = resolve(folder, positionals[0] ?? '.');
  if (!existsSync(chosen)) throw new WrongUse(`There is no folder ${chosen}.`);
  if (!statSync(chosen).isDirectory()) throw new WrongUse(`${chosen} is not a folder; its own is ${dirname(chosen)}.`);
  return { folder: chosen, isDryRun: values['dry-run'], isForced: values.force };
}
