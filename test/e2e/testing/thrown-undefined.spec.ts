import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, Event, EventBus, EventsHandler, Saga } from '../../../lib/index.js';
import { scenario, testApp, track, type TestApp } from '../../../lib/testing/index.js';
import { quietLog } from '../../support/quiet-log.js';

class Fails extends Command {}
class Publishes extends Command {}
class FailsLater extends Command {}
class Happened extends Event {}

/** As a promise that is rejected without a reason. */
const failing = (): never => {
  throw undefined;
};

@Injectable()
class Handlers {
  constructor(private readonly events: EventBus) {}

  @CommandHandler(Fails)
  fails(_command: Fails): void {
    failing();
  }

  @CommandHandler(Publishes)
  publishes(_command: Publishes): Promise<void> {
    return this.events.publish(new Happened());
  }

  @CommandHandler(FailsLater)
  later(_command: FailsLater): Promise<void> {
    return Promise.reject<void>(undefined);
  }

  @EventsHandler(Happened)
  happened(_event: Happened): void {
    failing();
  }

  @Saga(Happened)
  fail(_event: Happened): FailsLater[] {
    return failing();
  }

  @Saga(Happened)
  send(_event: Happened): FailsLater {
    return new FailsLater();
  }
}

let app: TestApp;

beforeEach(async () => {
  quietLog();
  app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Handlers] });
});

afterEach(() => app.close());

describe('undefined that is thrown', () => {
  it('by what was sent is a failure of the flow', async () => {
    const flow = await track(app, { failures: 'collect' }).execute(new Fails());
    expect(flow.failures).toEqual([{ error: undefined, message: undefined, handler: undefined }]);
    expect(flow.tree()).toMatch(/^command Fails → Handlers\.fails +\d+ ms {2}failed: undefined$/);
    const [command] = flow.toJSON().messages;
    expect([command!.error, command!.handlers[0]!.error]).toEqual(['undefined', 'undefined']);
    await scenario(app)
      .when(new Fails())
      .fails(/^undefined$/);
  });

  it('by event handlers, sagas and their commands is told as unhandled', async () => {
    const flow = await track(app, { failures: 'collect' }).execute(new Publishes());
    expect(flow.failures.map(({ error, handler }) => [error, handler?.name]).toSorted()).toEqual([
      [undefined, 'Handlers.fail'],
      [undefined, 'Handlers.happened'],
      [undefined, 'Handlers.send'],
    ]);
    expect(flow.tree().match(/failed: undefined/g)).toHaveLength(2);
    await expect(track(app).execute(new Publishes())).rejects.toThrow(
      /but these failures were not handled:\n {2}event Happened → Handlers\.happened .*: undefined/,
    );
  });
});
