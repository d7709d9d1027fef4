import { Command, Query } from '../../../lib/index.js';
import type { MessageKind, MessageType } from '../../../lib/messages/message.js';
import type { CheckedHandler } from '../../../lib/module/handler-checks.js';
import { HandlersByType } from '../../../lib/module/handlers-by-type.js';

class Rename extends Command {}
class RenameAll extends Rename {}
class Read extends Query<string> {}

/** Counts how often it is looked at. */
class Looked {
  looks = 0;

  constructor(
    private readonly kind: MessageKind,
    readonly types: readonly MessageType[],
  ) {}

  get declaration() {
    this.looks += 1;
    return { kind: this.kind };
  }
}

const handlersIn = (all: readonly Looked[]) =>
  new HandlersByType('command', () => all as unknown as readonly CheckedHandler[]);

describe('the handler of a message type', () => {
  it('is that of the nearest class, of the kind alone, and the first of several', () => {
    const all = [new Looked('query', [Rename, Read]), new Looked('command', [Rename]), new Looked('command', [Rename])];
    const handlers = handlersIn(all);
    expect([handlers.of(Rename), handlers.of(RenameAll), handlers.of(Read)]).toEqual([all[1], all[1], undefined]);
  });

  it('is found without a look at the others', () => {
    const all = [new Looked('command', [Rename])];
    const handlers = handlersIn(all);
    for (let i = 0; i < 10; i++) handlers.of(RenameAll);
    expect(all.map(({ looks }) => looks)).toEqual([1]);
  });

  it('may come later, as of a module that is loaded when it is needed', () => {
    const all = [new Looked('command', [Rename])];
    const handlers = handlersIn(all);
    handlers.of(RenameAll);
    all.push(new Looked('command', [RenameAll]));
    expect(handlers.of(RenameAll)).toBe(all[1]);
  });
});
