import { Injectable } from '@nestjs/common';
import { ofType, Saga, type MessageContext } from 'nestjs-cqrs';
import { map, type Observable } from 'rxjs';
import { checks } from './checks.js';
import { Invoice, Mail, Placed, Ship } from './messages.js';

/** One saga of each form, each of which sends one command for each order. */
@Injectable()
export class Sagas {
  @Saga(Placed)
  async onPlaced(event: Placed, context: MessageContext) {
    checks.step('function saga', event, context);
    await Promise.resolve();
    checks.step('function saga, later', event, context);
    return new Ship(event.tenant, event.id);
  }

  @Saga()
  async *invoices(events: AsyncIterable<object>) {
    for await (const event of events) if (event instanceof Placed) yield new Invoice(event.tenant, event.id);
  }

  @Saga()
  mails(events$: Observable<object>) {
    return events$.pipe(
      ofType(Placed),
      map(event => {
        checks.step('operator saga', event);
        return new Mail(event.tenant, event.id);
      }),
    );
  }
}
