import { type Command, EXIT, type Terminal, WrongUse } from './command.js';
import { OWN_PACKAGE } from './own-package.js';
import { NotLoaded } from './wiring/not-loaded.js';

interface ListedCommand {
  readonly summary: string;
  /** `migrate` runs also where Nest is not installed: it must not load the commands that need it. */
  load(): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, ListedCommand>> = {
  wiring: {
    summary: 'show which message goes where, or check it',
    load: async () => (await import('./wiring/wiring.command.js')).wiring,
  },
  explain: {
    summary: 'say why a message goes where it goes',
    load: async () => (await import('./wiring/explain.command.js')).explain,
  },
  queues: {
    summary: 'show how the queues of stored messages are doing',
    load: async () => (await import('./wiring/queues.command.js')).queues,
  },
  migrate: {
    summary: 'change a project from @nestjs/cqrs to nestjs-cqrs',
    load: async () => (await import('./migrate/migrate.command.js')).migrate,
  },
};

const HELP = `Usage: nestjs-cqrs <command> [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Options:
  -h, --help       show this help; after a command, the help of the command
  -v, --version    show the version of nestjs-cqrs

Exit codes: 0 done, 1 refused, failed or different, 2 wrong use, or the application cannot be loaded.`;

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-v') return say(OWN_PACKAGE.version, terminal);
  if (first === '--help' || first === '-h') return say(HELP, terminal);
  if (first === undefined) return misused(HELP, terminal);
  if (!Object.hasOwn(COMMANDS, first)) {
    const kind = first.startsWith('-') ? 'option' : 'command';
    return misused(`Unknown ${kind} "${first}". Run "nestjs-cqrs --help" to see what there is.`, terminal);
  }
  const command = await COMMANDS[first]!.load().catch(missing);
  if (command === undefined)
    return misused(
      `"${first}" needs the packages of the application. Run it in a project where Nest is installed.`,
      terminal,
    );
  if (rest.includes('--help') || rest.includes('-h')) return say(command.help, terminal);
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (error instanceof WrongUse) {
      return misused(`${error.message} Run "nestjs-cqrs ${first} --help" to see what there is.`, terminal);
    }
    if (error instanceof NotLoaded) return misused(error.message, terminal);
    terminal.complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT.failed;
  }
}

/** Undefined where Nest is not installed. */
function missing(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
}

function say(text: string, terminal: Terminal): number {
  terminal.print(text);
  return EXIT.done;
}

function misused(text: string, terminal: Terminal): number {
  terminal.complain(text);
  return EXIT.wrongUse;
}
