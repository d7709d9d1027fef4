import { parsedArguments } from '../arguments.js';
import { type Command, EXIT, WrongUse } from '../command.js';
import { paintedExplanation, paintFor } from './colours.js';
import { observedIn } from './observed-file.js';
import { APPLICATION_HELP, APPLICATION_OPTIONS, withApplication, withWiring } from './opened-wiring.js';

const HELP = `Usage: nestjs-cqrs explain <message> [app module] [options]

Says where a message goes and why: its class and its name on the wire, its handlers, each middleware
with where it was declared and why it stands there, routes, queues, sagas; and what does not get it
although it may seem so. With --observed also who sent it. Starts nothing.

  message           a class, the name of @Message, or a handler
${APPLICATION_HELP}
  --observed <file> what collectLinks() wrote: who sent the message, or that it was never seen
  --instantiate     start the application, for what only its instances know
  -h, --help        show this help

Exit codes: 0 explained, 1 the name is unknown, 2 the application cannot be loaded, or wrong use.`;

export const explain: Command = {
  help: HELP,
  run(args, terminal) {
    const { values, positionals } = parsedArguments(args, { ...APPLICATION_OPTIONS, observed: { type: 'string' } });
    const [message, module, ...more] = positionals;
    if (message === undefined || more.length > 0)
      throw new WrongUse('explain takes a message, and a file of the root module.');
    const seen = values.observed === undefined ? {} : observedIn(values.observed, terminal.folder);
    return withApplication({ terminal, args: ['explain', ...args], module, export: values.export }, application =>
      withWiring(application, values.instantiate, terminal, wiring => {
        const text = wiring.explain(message, seen);
        if (!wiring.knows(message, seen)) {
          terminal.complain(text);
          return EXIT.failed;
        }
        terminal.print(paintedExplanation(text, paintFor(terminal.isColoured)));
        return EXIT.done;
      }),
    );
  },
};
