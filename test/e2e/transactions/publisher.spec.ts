import { CqrsModule, Event, type IEventPublisher } from 'nestjs-cqrs';
import { start } from '../../support/application.js';
import { ScriptedHandlers, Whole } from './scripted.js';
import { StatementLog } from './statement-log.js';

class Saved extends Event {}

const shop = () =>
  start({ imports: [CqrsModule.forRoot({ unitOfWork: new StatementLog() })], providers: [ScriptedHandlers] });

describe('A publisher in place of the bus, within a unit of work', () => {
  class Broker implements IEventPublisher {
    readonly published: object[] = [];

    publish(event: object) {
      this.published.push(event);
    }
  }

  it('gets the events of a list that the caller empties before the commit', async () => {
    const { commands, events } = await shop();
    const broker = (events.publisher = new Broker());
    const list = [new Saved(), new Saved()];
    const [...given] = list;
    await commands.dispatch(
      new Whole(async () => {
        await events.publishAll(list);
        list.length = 0;
        expect(broker.published).toEqual([]);
      }),
    );
    expect(broker.published).toEqual(given);
  });

  it("leaves an outcome for each event, with onError: 'collect'", async () => {
    const { commands, events } = await shop();
    events.publisher = new Broker();
    const event = new Saved();
    const outcome = { event, handled: [], skipped: [], failures: [] };
    await commands.dispatch(
      new Whole(async () => {
        expect(await events.publish(event, { onError: 'collect' })).toEqual(outcome);
        expect(await events.publishAll([event], { onError: 'collect' })).toEqual([outcome]);
      }),
    );
  });
});
