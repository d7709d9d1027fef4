import { jest } from '@jest/globals';
import { quiet, sameAsIncumbent } from './differential.js';

describe('Queries, as with @nestjs/cqrs:', () => {
  class AgeOf {
    constructor(readonly name: string) {}
  }

  sameAsIncumbent('execute resolves to the answer, synchronous or not', async ({ cqrs, start, note }) => {
    class NameOf {}
    @cqrs.QueryHandler(AgeOf)
    class AgeHandler {
      execute({ name }: AgeOf) {
        return Promise.resolve(name.length);
      }
    }
    @cqrs.QueryHandler(NameOf)
    class NameHandler {
      execute() {
        return 'ada';
      }
    }
    const { queries } = await start([AgeHandler, NameHandler]);
    const [age, name] = [queries.execute(new AgeOf('ada')), queries.execute(new NameOf())];
    note(age instanceof Promise, name instanceof Promise, await age, await name);
  });

  sameAsIncumbent('the error of a handler reaches the caller unchanged', async ({ cqrs, start, note }) => {
    const failure = new TypeError('no such person');
    @cqrs.QueryHandler(AgeOf)
    class AgeHandler {
      execute() {
        return Promise.reject(failure);
      }
    }
    const { queries, failures } = await start([AgeHandler]);
    failures.subscribe(info => note('reported', info));
    const error: unknown = await queries.execute(new AgeOf('ada')).catch((e: unknown) => e);
    note(error === failure);
  });

  sameAsIncumbent('a query without a handler has its own exception', async ({ start, note, outcome }) => {
    const { queries } = await start([]);
    note(await outcome(async () => queries.execute(new AgeOf('ada'))));
  });

  sameAsIncumbent('a query that only a command handler names has no handler', async stage => {
    const { cqrs, start, note, outcome } = stage;
    @cqrs.CommandHandler(AgeOf)
    class AgeHandler {
      execute() {
        return Promise.resolve(1);
      }
    }
    const { queries } = await start([AgeHandler]);
    note(await outcome(async () => queries.execute(new AgeOf('ada'))));
  });

  sameAsIncumbent('subscribers see a query before its handler answers', async ({ cqrs, start, note }) => {
    @cqrs.QueryHandler(AgeOf)
    class AgeHandler {
      async execute() {
        await Promise.resolve();
        note('answered');
        return 1;
      }
    }
    const { queries } = await start([AgeHandler]);
    queries.subscribe(query => note('seen', query));
    await queries.execute(new AgeOf('ada'));
    note(Object.keys(queries.subject$).includes('observers') || queries.subject$.observed);
  });

  sameAsIncumbent('the publisher of the options gets each query alone, and subscribers nothing', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.QueryHandler(AgeOf)
    class AgeHandler {
      execute() {
        note('handled');
        return Promise.resolve(1);
      }
    }
    const publish = jest.fn();
    const { queries } = await start([AgeHandler], { queryPublisher: { publish } });
    queries.subscribe(() => note('subscriber'));
    await queries.execute(new AgeOf('ada'));
    note(publish.mock.calls, publish.mock.calls[0]!.length);
  });

  sameAsIncumbent('spies on the handler and on the bus see the query alone', async ({ cqrs, start, note }) => {
    @cqrs.QueryHandler(AgeOf)
    class AgeHandler {
      execute(): Promise<number> {
        return Promise.resolve(1);
      }
    }
    const { queries, module } = await start([AgeHandler]);
    const handler = jest.spyOn(module.get(AgeHandler), 'execute').mockResolvedValue(7);
    const query = new AgeOf('ada');
    note(await queries.execute(query), handler.mock.calls);
    jest.spyOn(queries, 'execute').mockResolvedValue(8 as never);
    note(await queries.execute(query));
    await quiet();
  });

  sameAsIncumbent('an answer may be undefined, null or falsy', async ({ cqrs, start, note }) => {
    const answers: unknown[] = [undefined, null, 0, '', false];
    @cqrs.QueryHandler(AgeOf)
    class AgeHandler {
      execute() {
        return Promise.resolve(answers.shift());
      }
    }
    const { queries } = await start([AgeHandler]);
    for (let i = 0; i < 5; i++) note({ answer: await queries.execute(new AgeOf('ada')) });
  });
});
