import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Wiring, WiringDocument } from '../../index.js';
import { oneOf, parsedArguments } from '../arguments.js';
import { type Command, EXIT, type Terminal, WrongUse } from '../command.js';
import { paintFor } from './colours.js';
import { differences } from './differences.js';
import { expectedDocument } from './expected-document.js';
import { observedIn } from './observed-file.js';
import { APPLICATION_HELP, APPLICATION_OPTIONS, withApplication, withWiring } from './opened-wiring.js';
import { remarksOn } from './remarks.js';
import { rendered, renderedFiles, type Rendering } from './rendering.js';

const HELP = `Usage: nestjs-cqrs wiring [app module] [options]

Shows which message goes through which middleware to which handler of which module. Starts nothing:
no provider is constructed, no hook runs, nothing is connected.

${APPLICATION_HELP}
  --format <form>   text (default), json, mermaid or html
  --module <name>   one module; text and mermaid only
  --message <name>  one message and what is near; text and mermaid only
  --observed <file> what collectLinks() wrote: who sent what
  --check <file>    compare with a document of --format json; print the difference
  --out <path>      write a file; with mermaid and a folder, one file for each module
  --instantiate     start the application, for what only its instances know
  -h, --help        show this help

TypeScript is read compiled if that is up to date, else by tsx or @swc-node/register of the project.
Exit codes: 0 fine, 1 mistakes in the wiring or a difference, 2 the application cannot be loaded, or wrong use.`;

const FORMATS = ['text', 'json', 'mermaid', 'html'] as const;

export const wiring: Command = {
  help: HELP,
  run(args, terminal) {
    const { values, positionals } = parsedArguments(args, {
      ...APPLICATION_OPTIONS,
      format: { type: 'string' },
      module: { type: 'string' },
      message: { type: 'string' },
      observed: { type: 'string' },
      check: { type: 'string' },
      out: { type: 'string' },
    });
    if (positionals.length > 1) throw new WrongUse(`wiring takes one file, not ${positionals.length}.`);
    const format = oneOf('format', values.format, FORMATS);
    if (values.observed !== undefined && values.check !== undefined)
      throw new WrongUse('--check compares what the code says, so it takes no --observed.');
    const { observed } = values.observed === undefined ? {} : observedIn(values.observed, terminal.folder);
    const rendering = { format, module: values.module, message: values.message, observed };
    if ((values.module ?? values.message) !== undefined && !['text', 'mermaid'].includes(format))
      throw new WrongUse('--module and --message are for text and mermaid.');
    const expected = values.check === undefined ? undefined : expectedDocument(values.check, terminal.folder);
    const given = { terminal, args: ['wiring', ...args], module: positionals[0], export: values.export };
    return withApplication(given, application =>
      withWiring(application, values.instantiate, terminal, found =>
        expected === undefined
          ? show(found, rendering, values.out, terminal)
          : check(found, expected, values.check!, terminal),
      ),
    );
  },
};

function show(found: Wiring, rendering: Rendering, out: string | undefined, terminal: Terminal): number {
  const document = found.document({ observed: rendering.observed });
  const unknown = unknownPart(document, rendering);
  if (unknown !== undefined) {
    terminal.complain(unknown);
    return EXIT.failed;
  }
  if (out === undefined) terminal.print(rendered(found, document, rendering, paintFor(terminal.isColoured)));
  else
    try {
      for (const file of write(found, document, rendering, resolve(terminal.folder, out)))
        terminal.print(`wrote ${file}`);
    } catch (error) {
      terminal.complain(`Cannot write to ${out}: ${(error as Error).message}`);
      return EXIT.failed;
    }
  return remark(document, terminal);
}

function check(found: Wiring, expected: WiringDocument, file: string, terminal: Terminal): number {
  const document = found.document();
  const differing = differences(expected, document);
  if (differing.length > 0)
    terminal.print(
      [
        `${file} differs from the application:`,
        ...differing,
        `Is it right? Write it: --format json --out ${file}`,
      ].join('\n'),
    );
  const code = remark(document, terminal);
  return differing.length > 0 ? EXIT.failed : code;
}

/** @returns 1 if there are mistakes */
function remark(document: WiringDocument, terminal: Terminal): number {
  const remarks = remarksOn(document, paintFor(terminal.isColoured));
  if (remarks !== '') terminal.complain(remarks);
  return document.problems.length > 0 ? EXIT.failed : EXIT.done;
}

function unknownPart(
  { modules, messages, observed }: WiringDocument,
  { module, message }: Rendering,
): string | undefined {
  if (module !== undefined && !modules.some(({ name }) => name === module))
    return `No module "${module}" handles messages. These do: ${modules.map(({ name }) => name).join(', ')}.`;
  const wasSent = observed?.links.some(({ to }) => to.split(/[:@#]/)[1] === message) ?? false;
  if (message !== undefined && !wasSent && !messages.some(({ name }) => name === message))
    return `The application has no message "${message}". Try: nestjs-cqrs explain ${message}`;
  return undefined;
}

function write(found: Wiring, document: WiringDocument, rendering: Rendering, out: string): string[] {
  const isFolder =
    rendering.format === 'mermaid' && (existsSync(out) ? statSync(out).isDirectory() : !/\.\w+$/.test(out));
  if (!isFolder) {
    writeFileSync(out, `${rendered(found, document, rendering, paintFor(false))}\n`);
    return [out];
  }
  mkdirSync(out, { recursive: true });
  return renderedFiles(found, document, rendering).map(([name, text]) => {
    writeFileSync(join(out, name), `${text}\n`);
    return join(out, name);
  });
}
