import { CqrsModule, Event, type IEventPublisher } from 'nestjs-cqrs';
import { observe } from 'nestjs-cqrs/extension';
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

  it.each([
    [true, ['CQRS_ROLLED_BACK']],
    [false, []],
  ])('gets no event of a unit of work that is rolled back; with a probe: %s', async (isProbed, codes) => {
    const { app, commands, events } = await shop();
    const broker = (events.publisher = new Broker());
    const ends: unknown[] = [];
    if (isProbed) observe(app, { publish: () => ({ end: error => void ends.push(error) }) });
    const refused = new Error('refused');
    const command = new Whole(async () => {
      await events.publish(new Saved());
      throw refused;
    });
    await expect(commands.dispatch(command)).rejects.toBe(refused);
    expect(broker.published).toEqual([]);
    expect(ends.map(error => (error as { code?: string }).code)).toEqual(codes);
  });

  it('gets no event of a transaction that is not a unit of work, and the error names the call', async () => {
    const unitOfWork = new StatementLog();
    const { events } = await start({ imports: [CqrsModule.forRoot({ unitOfWork })] });
    const broker = (events.publisher = new Broker());
    await expect(unitOfWork.run(() => events.publish(new Saved()))).rejects.toMatchObject({
      code: 'CQRS_FOREIGN_TRANSACTION',
      message: expect.stringContaining('Where: publish().'),
    });
    expect(broker.published).toEqual([]);
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
