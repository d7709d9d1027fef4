import { TransactionHost } from '@nestjs-cls/transactional';
import { Pool } from 'pg';
import { Command, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';
import type { Transactions } from 'nestjs-cqrs/extension';
import { InTransaction, PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

@Transactional()
class Place extends Command<string> {
  constructor(readonly id: string) {
    super();
  }
}

@Transactional({ propagation: 'Nested' })
class Part extends Command {}

class Placed extends Event {}

@CommandHandler(Place)
@Transactional({ propagation: 'RequiresNew' })
class PlaceHandler {
  constructor(
    private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
    private readonly events: EventBus,
  ) {}

  async execute({ id }: Place): Promise<string> {
    const { rowCount } = await this.host.tx.query('INSERT INTO orders VALUES ($1)', [id]);
    const { held } = await this.events.publish(new Placed(), { onError: 'collect' });
    return `${rowCount} ${held?.length}`;
  }
}

class Handlers {
  @EventsHandler(Placed)
  @InTransaction()
  check(_event: Placed) {}

  @CommandHandler(Part)
  @Transactional()
  async part() {}
}

@EventsHandler(Placed)
@InTransaction()
class Whole {
  handle(_event: Placed) {}
}

/** Of nothing. */
const own: Transactions = { name: 'own', run: work => work(), current: () => undefined };

CqrsModule.forRoot({ unitOfWork: own });
CqrsModule.forRoot({ unitOfWork: transactional({ connectionName: 'orders', verify: false }) });
new PgTransactionalAdapter({ poolToken: Pool, defaultTxOptions: { isolationLevel: 'serializable' } });

export default [PlaceHandler, Handlers, Whole];
