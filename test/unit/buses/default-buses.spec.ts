import {
  Command,
  CommandBus,
  HandlerAlreadyRegisteredException,
  Query,
  QueryBus,
  StreamQuery,
  command,
  defaultCommandBus,
  defaultQueryBus,
  query,
} from '../../../lib/index.js';

class Create extends Command<string> {}
class GetName extends Query<string> {}
class Rows extends StreamQuery<number> {}

afterEach(() => {
  defaultCommandBus.registry.clear();
  defaultQueryBus.registry.clear();
});

describe('command(Type)(fn) and query(Type)(fn)', () => {
  it('register a function on the default buses and return it', async () => {
    const create = async (_command: Create) => 'created';
    const getName = () => 'ann';
    expect(command(Create)(create)).toBe(create);
    expect(query(GetName)(getName)).toBe(getName);
    expect(await defaultCommandBus.execute(new Create())).toBe('created');
    expect(await defaultQueryBus.ask(new GetName())).toBe('ann');
  });

  it('register on a bus given as second argument, and there alone', async () => {
    const [commands, queries] = [new CommandBus(), new QueryBus()];
    command(Create, commands)(() => 'mine');
    query(GetName, queries)(() => 'mine');
    expect(await commands.execute(new Create())).toBe('mine');
    expect(await queries.ask(new GetName())).toBe('mine');
    expect(defaultCommandBus.registry.has(Create)).toBe(false);
    expect(defaultQueryBus.registry.has(GetName)).toBe(false);
  });

  it('register sources of rows', async () => {
    query(Rows)(() => [1, 2]);
    const rows: number[] = [];
    for await (const row of defaultQueryBus.stream(new Rows())) rows.push(row);
    expect(rows).toEqual([1, 2]);
  });

  it('throw for a second handler of a type', () => {
    command(Create)(() => '1');
    expect(() => command(Create)(() => '2')).toThrow(HandlerAlreadyRegisteredException);
  });
});
