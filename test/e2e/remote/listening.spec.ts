import { CqrsModule, expose, Query, QueryHandler } from '../../../lib/index.js';
import { MemoryRemote } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Ask extends Query<number> {}

class Answers {
  @QueryHandler(Ask)
  answer(): number {
    return 1;
  }
}

it('a server that cannot listen: those that listen by now are closed, and the application does not start', async () => {
  const closed: string[] = [];
  const [first, second, third] = ['first', 'second', 'third'].map(name =>
    Object.assign(new MemoryRemote(name).server(), { close: async () => void closed.push(name) }),
  );
  second!.listen = () => Promise.reject(new Error('EADDRINUSE'));
  const imports = [CqrsModule.forRoot({ expose: [first!, second!, third!].map(server => expose(Ask).on(server)) })];
  await expect(start({ imports, providers: [Answers] })).rejects.toMatchObject({
    code: 'CQRS_CANNOT_LISTEN',
    where: 'expose(…).on(second)',
  });
  expect(closed).toEqual(['first']);
});
