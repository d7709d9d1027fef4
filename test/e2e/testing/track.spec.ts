import { setTimeout as delay } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Injectable, Post, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Query,
  QueryHandler,
  Saga,
} from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { quiet } from '../../support/waiting.js';

class Save extends Command<string> {
  constructor(readonly name: string) {
    super();
  }
}
class Poll extends Command {}
class Count extends Query<number> {}
class Saved extends Event {
  constructor(readonly name: string) {
    super();
  }
}
class Polled extends Event {}
class Failing extends Event {}
class Later extends Command {}
class Written extends Event {}

const rows: string[] = [];

@Injectable()
class Names {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Save)
  async save({ name }: Save): Promise<string> {
    if (name === 'refused') throw new Error('refused');
    await this.events.publish(new Saved(name));
    await this.commands.execute(new Poll());
    return name;
  }

  @CommandHandler(Poll)
  poll(_command: Poll): void {
    void this.events.publish(new Polled());
  }

  @QueryHandler(Count)
  count(_query: Count): number {
    return 7;
  }

  @EventsHandler(Failing)
  fail(_event: Failing): void {
    throw new Error('failing');
  }

  @CommandHandler(Later)
  later(_command: Later): void {
    setTimeout(() => void this.events.publish(new Saved('later')), 400);
  }

  @EventsHandler(Written)
  write(_event: Written): void {
    void delay(20).then(() => rows.push('written'));
  }

  @Saga(Polled)
  onPolled(_event: Polled): undefined {}
}

@Controller()
class SaveController {
  constructor(private readonly commands: CommandBus) {}

  @Post('names')
  save(@Body() { name }: { name: string }): Promise<string> {
    return this.commands.execute(new Save(name));
  }
}

const startNames = () => start({ imports: [CqrsModule.forRoot()], providers: [Names] });

const fetchOf = async (app: INestApplication, name: string) => {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}/names`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name }),
  });
  return answer.text();
};

describe('track()', () => {
  it('sends as the bus does, and gives the result', async () => {
    const { app } = await startNames();
    const saved = await track(app).execute(new Save('a'));
    const dispatched = await track(app).dispatch(new Save('b'));
    const counted = await track(app).ask(new Count());
    const published = await track(app).publish(new Saved('c'));
    const ran = await track(app).run(() => app.get(CommandBus).execute(new Save('d')));
    expect([saved, dispatched, counted, published, ran].map(({ result }) => result)).toEqual([
      'a',
      undefined,
      7,
      undefined,
      'd',
    ]);
    expect([saved.executed.only(Save), saved.published.only(Saved)]).toEqual([new Save('a'), new Saved('a')]);
    expect([counted.asked.messages, counted.asked.handledBy]).toEqual([[new Count()], ['Names.count']]);
    expect([saved.executed.messages, saved.executed.handledBy]).toEqual([
      [new Save('a'), new Poll()],
      ['Names.save', 'Names.poll'],
    ]);
    expect(saved.published.messages).toEqual([new Saved('a'), new Polled()]);
    expect(ran.published.inOrder(Saved, Polled)).toBeUndefined();
  });

  it('knows the cause of each message, and where it was sent', async () => {
    const { app } = await startNames();
    const { executed, published } = await track(app).execute(new Save('a'));
    const [save, poll] = executed;
    const [saved, polled] = published;
    expect([save!.cause, poll!.cause, saved!.cause, polled!.cause]).toEqual([undefined, save, save, poll]);
    expect([save!.sentAt, poll!.sentAt].map(place => place?.replace(/\d+/, 'N'))).toEqual([
      'track.spec.ts:N',
      'track.spec.ts:N',
    ]);
    expect([polled!.handlers, saved!.context?.messageId]).toEqual([[], expect.any(String)]);
    expect(save!.handlers.map(({ handler, attempt, isStubbed }) => [handler.name, attempt, isStubbed])).toEqual([
      ['Names.save', 1, false],
    ]);
  });

  it('rejects with the error of what was sent, or collects it', async () => {
    const { app } = await startNames();
    await expect(track(app).execute(new Save('refused'))).rejects.toThrow('refused');
    const flow = await track(app, { failures: 'collect' }).execute(new Save('refused'));
    expect([flow.result, flow.error, flow.failures]).toEqual([
      undefined,
      new Error('refused'),
      [{ error: new Error('refused'), message: undefined, handler: undefined }],
    ]);
    await expect(track(app).execute(new Failing())).rejects.toThrow('No handler');
  });

  it('does not take a failure for unhandled that publish() has told its caller', async () => {
    quietLog();
    const { app, events } = await startNames();
    const told = await track(app).run(() => events.publish(new Failing(), { onError: 'throw' }).catch(() => 'caught'));
    const outcome = await track(app).run(() => events.publish(new Failing(), { onError: 'collect' }));
    const reported = await track(app, { failures: 'collect' }).publish(new Failing());
    expect([told.failures, outcome.failures]).toEqual([[], []]);
    expect(reported.failures).toEqual([
      {
        error: new Error('failing'),
        message: new Failing(),
        handler: { name: 'Names.fail', module: 'RootTestModule' },
      },
    ]);
  });

  it('neither records nor awaits what is ignored', async () => {
    const { app } = await startNames();
    const flow = await track(app, { ignore: [Poll] }).execute(new Save('a'));
    expect([...flow.executed, ...flow.published].map(({ message }) => message)).toEqual([
      new Save('a'),
      new Saved('a'),
    ]);
  });

  it('tells of pending timers, and of what comes late; settled() takes it in', async () => {
    const { app } = await startNames();
    const flow = await track(app).execute(new Later());
    expect([flow.pendingTimers, flow.late.length, flow.published.length]).toEqual([1, 0, 0]);
    while (flow.late.length === 0) await delay(1);
    expect([flow.pendingTimers, flow.published.length]).toEqual([0, 0]);
    await flow.settled();
    expect([flow.published.only(Saved), flow.late.length]).toEqual([new Saved('later'), 0]);
  });

  it('settled() waits as long as it is told, not as long as the flow', async () => {
    const { app } = await startNames();
    let isDone = true;
    const flow = await track(app, { timeout: 600_000, until: () => isDone }).execute(new Save('a'));
    isDone = false;
    await expect(flow.settled({ timeout: 5 })).rejects.toThrow('5 ms');
  });

  it('waits for timers if asked', async () => {
    const { app } = await startNames();
    const flow = await track(app, { timers: 'wait', timeout: 20_000 }).execute(new Later());
    expect([flow.published.only(Saved), flow.pendingTimers]).toEqual([new Saved('later'), 0]);
  });

  it('waits until something is true that no message tells', async () => {
    const { app } = await startNames();
    await track(app, { until: ({ published }) => published.length > 0 && rows.length > 0 }).publish(new Written());
    expect(rows).toEqual(['written']);
  });

  it.each([undefined, null])('gives the error of the bus for %s in place of a message', async message => {
    const { app, commands } = await startNames();
    const error: unknown = await commands.execute(message as never).catch((caught: unknown) => caught);
    await expect(track(app).execute(message as never)).rejects.toEqual(error);
  });

  it('refuses what is not an application', async () => {
    await expect(track({} as never).execute(new Poll())).rejects.toThrow('CQRS_NOT_OBSERVABLE');
  });

  it.each([false, true])('sees what an HTTP request causes; the application listens: %s', async isListening => {
    const module = await Test.createTestingModule({
      imports: [CqrsModule.forRoot()],
      providers: [Names],
      controllers: [SaveController],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    if (isListening) await app.listen(0);
    const post = (name: string) => request(app.getHttpServer()).post('/names').send({ name }).expect(201);
    const names = isListening ? ['a', 'b', 'c'] : ['a'];
    const flows = await Promise.all(names.map(name => track(app).run(() => post(name))));
    const fetched = isListening
      ? await Promise.all(['d', 'e'].map(name => track(app).run(() => fetchOf(app, name))))
      : [];
    const silent = await track(app).run(() => quiet());
    expect(flows.map(({ executed }) => executed.of(Save).map(({ message }) => message.name))).toEqual(
      names.map(name => [name]),
    );
    expect(fetched.map(({ executed }) => executed.of(Save).map(({ message }) => message.name))).toEqual(
      isListening ? [['d'], ['e']] : [],
    );
    expect(silent.executed).toHaveLength(0);
    await app.close();
  });
});
