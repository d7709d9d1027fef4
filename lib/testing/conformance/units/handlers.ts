import { Inject, Injectable } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { InTransaction } from '../../../extension.js';
import { CommandHandler, delivery, Durable, EventsHandler, ofType, Saga, type MessageContext } from '../../../index.js';
import { Follow, Own, Part, Plain, Told, Whole, Work } from './messages.js';
import type { Note, Phase } from './notes.js';

/** Given to the handlers by the running case. */
export interface Desk {
  readonly notes: Note[];
  note(phase: Phase, key: string, context: MessageContext | undefined): Promise<void>;
  insert(row: string): Promise<unknown>;
}

export const DESK = Symbol('desk');

@Injectable()
export class UnitHandlers {
  constructor(@Inject(DESK) private readonly desk: Desk) {}

  @CommandHandler(Whole)
  whole({ script }: Whole, context: MessageContext): unknown {
    return script(context);
  }

  @CommandHandler(Part)
  part({ script }: Part, context: MessageContext): unknown {
    return script(context);
  }

  @CommandHandler(Own)
  own({ script }: Own, context: MessageContext): unknown {
    return script(context);
  }

  @CommandHandler(Plain)
  plain({ script }: Plain, context: MessageContext): unknown {
    return script(context);
  }

  @CommandHandler(Follow)
  follow({ key }: Follow, context: MessageContext): Promise<void> {
    return this.desk.note('saga', key, context);
  }

  @EventsHandler(Told)
  async after({ key, failing }: Told, context: MessageContext): Promise<void> {
    await this.desk.note('after', key, context);
    if (failing === 'after the commit') throw new Error(failing);
  }

  @EventsHandler(Told)
  @InTransaction()
  async within({ key, failing }: Told, context: MessageContext): Promise<void> {
    await this.desk.note('within', key, context);
    if (failing === 'in the transaction') throw new Error(failing);
    await this.desk.insert(`${key}, checked`);
  }

  @Saga()
  readonly answer = (events: Observable<object>) =>
    events.pipe(
      ofType(Told),
      map(({ key }) => new Follow(key)),
    );
}

/** For adapters with an engine. */
@Injectable()
export class StoredHandlers {
  constructor(@Inject(DESK) private readonly desk: Desk) {}

  @EventsHandler(Told)
  @Durable('unit-of-work.stored')
  stored({ key }: Told, context: MessageContext): Promise<void> {
    return this.desk.note('stored', key, context);
  }

  @CommandHandler(Work)
  async work({ key, failures }: Work, context: MessageContext): Promise<void> {
    await this.desk.insert(`${key}, attempt`);
    await this.desk.note('work', key, context);
    if (context.header(delivery)!.attempt <= failures) throw new Error('not yet');
  }
}
