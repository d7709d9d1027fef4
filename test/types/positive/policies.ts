import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Idempotent,
  MemoryLocks,
  MemoryResults,
  Sequential,
} from 'nestjs-cqrs';
import type { IdempotentDispatch, LockStore, ResultStore } from 'nestjs-cqrs/extension';
import { lockStoreConformance, resultStoreConformance } from 'nestjs-cqrs/testing';

@Idempotent({ key: (command: Charge) => command.requestId, keep: 86_400_000 })
@Sequential((command: Charge) => command.accountId)
class Charge extends Command<string> {
  constructor(
    readonly requestId: string,
    readonly accountId: string,
  ) {
    super();
  }
}

/** Without a base class, with a private constructor. */
@Sequential((command: Sealed) => command.id, { name: 'account' })
class Sealed {
  private constructor(readonly id: string) {}
  static of(id: string) {
    return new Sealed(id);
  }
}

/** A key of a base class fits. */
@Sequential((command: { readonly accountId: string }) => command.accountId)
class Refund extends Charge {}

class Charged extends Event {
  readonly id = '1';
}

@CommandHandler(Charge)
@Idempotent({ key: (command: Charge) => command.requestId })
class ChargeHandler {
  async execute(command: Charge) {
    return command.requestId;
  }
}

@EventsHandler(Charged)
@Idempotent({ key: (event: Charged) => event.id, name: 'charged' })
class ChargedHandler {
  handle(event: Charged) {
    return event.id;
  }
}

class Handlers {
  @CommandHandler(Refund)
  @Idempotent({ key: (command: Charge) => command.requestId })
  @Sequential(() => 'all')
  async refund(command: Refund) {
    return command.requestId;
  }

  @EventsHandler(Charged)
  @Sequential((event: Charged) => event.id)
  on(): void {}
}

const results: ResultStore = {
  place: 'around-transaction',
  once: (_: IdempotentDispatch, work) => work(),
};
const locks: LockStore = new MemoryLocks();
CqrsModule.forRoot({ policies: { results, locks } });
CqrsModule.forRoot({ policies: { results: new MemoryResults({ entries: 5 }) } });

lockStoreConformance({ name: 'memory', isShared: false, store: () => locks });
const { cases } = resultStoreConformance({
  name: 'shared',
  isShared: true,
  store: async () => results,
  transaction: work => work({}),
  patience: 1_000,
});
export const ran: Promise<void>[] = cases.map(({ run }) => run());

export default [Sealed, ChargeHandler, ChargedHandler, Handlers];
