import { Command, CommandHandler, CqrsModule, Idempotent, MemoryLocks, MemoryResults, Sequential } from 'nestjs-cqrs';
import { lockStoreConformance, resultStoreConformance } from 'nestjs-cqrs/testing';

class Charge extends Command<string> {
  readonly requestId = '1';
}

class Other extends Command {
  readonly other = '1';
}

// @ts-expect-error: the key of another class
@Idempotent({ key: (command: Charge) => command.requestId })
class Wrong extends Command {}

// @ts-expect-error: the key of another class
@Sequential((command: Charge) => command.requestId)
class WrongToo extends Command {}

// @ts-expect-error: a key is a text
@Idempotent({ key: () => 5 })
class NumberKey extends Command {}

// @ts-expect-error: a key may not be missing
@Sequential((command: { readonly id?: string }) => command.id)
class NoKey extends Command {
  readonly id?: string;
}

// @ts-expect-error: without a key
@Idempotent({ keep: 5 })
class WithoutKey extends Command {}

// @ts-expect-error: a misspelled option
@Idempotent({ key: () => '', keeps: 5 })
class Misspelled extends Command {}

// @ts-expect-error: @Sequential keeps nothing
@Sequential(() => '', { keep: 5 })
class Kept extends Command {}

// @ts-expect-error: the key of another command
@Idempotent({ key: (command: Other) => command.other })
@CommandHandler(Charge)
class ChargeHandler {
  async execute(command: Charge) {
    return command.requestId;
  }
}

class Handlers {
  @CommandHandler(Charge)
  // @ts-expect-error: the key of another command
  @Sequential((command: Other) => command.other)
  async charge(command: Charge) {
    return command.requestId;
  }
}

// @ts-expect-error: locks in place of results
CqrsModule.forRoot({ policies: { results: new MemoryLocks() } });
// @ts-expect-error: a misspelled option
CqrsModule.forRoot({ policies: { lock: new MemoryLocks() } });
// @ts-expect-error: a misspelled option
new MemoryResults({ size: 5 });

// @ts-expect-error: a store of locks, to check results
resultStoreConformance({ name: 'memory', isShared: false, store: () => new MemoryLocks() });
// @ts-expect-error: whether processes share it
lockStoreConformance({ name: 'memory', store: () => new MemoryLocks() });

export default [Wrong, WrongToo, NumberKey, NoKey, WithoutKey, Misspelled, Kept, ChargeHandler, Handlers];
