import { jest } from '@jest/globals';
import type { IEventPublisher } from 'nestjs-cqrs';
import { quiet, sameAsIncumbent } from './differential.js';

describe('Publishers, as with @nestjs/cqrs:', () => {
  class Opened {
    constructor(readonly id: number) {}
  }

  sameAsIncumbent('an event publisher gets event, dispatcher context and AsyncContext', async stage => {
    const { cqrs, start, note } = stage;
    const publish = jest.fn();
    const { events } = await start([], { eventPublisher: { publish } });
    const [asyncContext, dispatcher] = [new cqrs.AsyncContext(), { name: 'aggregate' }];
    await events.publish(new Opened(1));
    await events.publish(new Opened(2), asyncContext);
    await events.publish(new Opened(3), dispatcher);
    await events.publish(new Opened(4), dispatcher, asyncContext);
    await events.publish(new Opened(5), 'text');
    await events.publish(new Opened(6), undefined, asyncContext);
    await events.publish(new Opened(7), null);
    for (const call of publish.mock.calls)
      note(call.length, call[0], call[1] === dispatcher ? 'dispatcher' : call[1], call[2] === asyncContext);
  });

  sameAsIncumbent('a dispatcher context may have any keys', async ({ start, note }) => {
    const publish = jest.fn();
    const publishAll = jest.fn();
    const { events } = await start([], { eventPublisher: { publish, publishAll } });
    const contexts = [{ correlationId: 'c' }, { headers: { a: 1 } }, { context: 'x' }, { mode: 'fast' }, {}, [1]];
    for (const context of contexts) await events.publish(new Opened(1), context as never);
    for (const context of contexts) await events.publishAll([new Opened(1)], context as never);
    note(publish.mock.calls.map(([, context]) => context));
    note(publishAll.mock.calls.map(([, context]) => context));
  });

  sameAsIncumbent('publishAll of a publisher gets all events at once', async ({ cqrs, start, note }) => {
    const [publish, publishAll] = [jest.fn(), jest.fn()];
    const { events } = await start([], { eventPublisher: { publish, publishAll } });
    const [asyncContext, dispatcher] = [new cqrs.AsyncContext(), { name: 'aggregate' }];
    const list = [new Opened(1), new Opened(2)];
    await events.publishAll(list);
    await events.publishAll(list, dispatcher);
    await events.publishAll(list, asyncContext);
    await events.publishAll([new Opened(3)], dispatcher, asyncContext);
    note(publish.mock.calls.length);
    for (const call of publishAll.mock.calls)
      note(call.length, call[0], call[1] === dispatcher, call[2] === asyncContext);
  });

  sameAsIncumbent('a publisher without publishAll gets the events one by one', async ({ cqrs, start, note }) => {
    const publish = jest.fn();
    const { events } = await start([], { eventPublisher: { publish } });
    const asyncContext = new cqrs.AsyncContext();
    await events.publishAll([new Opened(1), new Opened(2)], { name: 'aggregate' }, asyncContext);
    for (const call of publish.mock.calls) note(call.length, call[0], call[1], call[2] === asyncContext);
  });

  sameAsIncumbent('publish answers what the publisher answers', async ({ start, note }) => {
    const eventPublisher: IEventPublisher = {
      publish: () => Promise.resolve('stored'),
      publishAll: () => 'all stored',
    };
    const { events } = await start([], { eventPublisher });
    note(await events.publish(new Opened(1)), await events.publishAll([new Opened(1)]));
  });

  sameAsIncumbent('a publisher has been called when publish returns', async ({ start, note }) => {
    const publish = jest.fn();
    const { events } = await start([], { eventPublisher: { publish } });
    void events.publish(new Opened(1));
    note(publish.mock.calls.length);
    await quiet();
  });

  sameAsIncumbent('with a publisher in its place the bus handles what comes back by subject$', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle({ id }: Opened) {
        note('handled', id);
      }
    }
    const sent: object[] = [];
    const { events } = await start([Handler], { eventPublisher: { publish: event => void sent.push(event) } });
    await events.publish(new Opened(1));
    note('sent', sent.length);
    for (const event of sent) events.subject$.next(event);
    await quiet();
  });

  sameAsIncumbent('the publisher can be replaced, and the one before called', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle({ id }: Opened) {
        note('handled', id);
      }
    }
    const { events } = await start([Handler]);
    const before = events.publisher;
    events.publisher = {
      publish: (event: object) => {
        note('through', event);
        return before.publish(event);
      },
    };
    note(events.publisher === before);
    await events.publish(new Opened(1));
    await events.publishAll([new Opened(2), new Opened(3)]);
    await quiet();
  });

  sameAsIncumbent('the publisher of the bus can be wrapped in place', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle({ id }: Opened) {
        note('handled', id);
      }
    }
    const { events } = await start([Handler]);
    const publish = jest.spyOn(events.publisher, 'publish');
    const event = new Opened(1);
    await events.publish(event);
    await events.publish(event, { name: 'aggregate' });
    await events.publishAll([event, event], new cqrs.AsyncContext());
    for (const call of publish.mock.calls as unknown[][])
      note(call.length, call[0] === event, call[1], call[2] instanceof cqrs.AsyncContext);
  });

  sameAsIncumbent('the publisher of failures gets exception and cause', async ({ cqrs, start, note }) => {
    const failure = new Error('broken');
    @cqrs.EventsHandler(Opened)
    class Failing {
      handle() {
        throw failure;
      }
    }
    const publish = jest.fn((info: { exception: unknown; cause: unknown }) => void info);
    const { events, failures } = await start([Failing], { unhandledExceptionPublisher: { publish } });
    failures.subscribe(() => note('subscriber'));
    await events.publish(new Opened(1));
    await quiet();
    note(publish.mock.calls.length, publish.mock.calls[0]!.length, { ...publish.mock.calls[0]![0] });
  });

  sameAsIncumbent('the publisher of failures can be replaced', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened)
    class Failing {
      handle() {
        throw new Error('broken');
      }
    }
    const { events, failures } = await start([Failing]);
    failures.publisher = { publish: info => note('published', info.cause) };
    await events.publish(new Opened(1));
    await quiet();
    note(await failures.publish({ exception: 1, cause: new Opened(2) }));
  });

  sameAsIncumbent('a publisher that another provider makes gets the events', async ({ cqrs, compile, note }) => {
    const { Test } = await import('@nestjs/testing');
    class Broker {
      readonly sent: object[] = [];
      publish(event: object) {
        this.sent.push(event);
      }
    }
    class BrokerModule {}
    const builder = Test.createTestingModule({
      imports: [
        cqrs.CqrsModule.forRootAsync({
          imports: [{ module: BrokerModule, providers: [Broker], exports: [Broker] }],
          inject: [Broker],
          useFactory: (broker: Broker) => ({ eventPublisher: broker }),
        }),
      ],
    });
    const { events, module } = await compile(builder);
    await events.publish(new Opened(1));
    note((events.publisher as unknown as Broker).sent, module.get(cqrs.EventBus) === events);
  });
});
