import { Command, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';
import { InTransaction, Transactional, type Transactions } from 'nestjs-cqrs/extension';

// `nestjs-cqrs/transactional` is in `newer/`: the declarations of nestjs-cls do not compile with TypeScript 5.5 and Nest 12.

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
  constructor(private readonly events: EventBus) {}

  async execute({ id }: Place): Promise<string> {
    const { held } = await this.events.publish(new Placed(), { onError: 'collect' });
    return `${id} ${held?.length}`;
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

export default [PlaceHandler, Handlers, Whole];
