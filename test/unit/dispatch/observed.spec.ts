import { Command, CommandBus, EventBus, Query, QueryBus, type MessageContext } from '../../../lib/index.js';

class Save extends Command {}
class Find extends Query<string> {}
class Saved {}

const options = { headers: { tenant: 'a' } };

describe('A subscriber of a bus', () => {
  it('sees commands, with options and without', async () => {
    const [bus, seen] = [new CommandBus(), [] as object[]];
    bus.register(Save, () => undefined);
    bus.subscribe(command => seen.push(command));
    const commands = [new Save(), new Save(), new Save()];
    await bus.dispatch(commands[0]!);
    await bus.dispatch(commands[1]!, options);
    await bus.execute(commands[2]!, options);
    expect(seen).toEqual(commands);
    expect(seen.map((each, i) => each === commands[i])).toEqual([true, true, true]);
  });

  it('sees queries, with options and without', async () => {
    const [bus, seen] = [new QueryBus(), [] as object[]];
    bus.register(Find, () => 'found');
    bus.subscribe(query => seen.push(query));
    expect([await bus.ask(new Find()), await bus.ask(new Find(), options)]).toEqual(['found', 'found']);
    expect(seen).toEqual([new Find(), new Find()]);
  });

  it('sees events, with options and without', async () => {
    const [bus, seen] = [new EventBus(), [] as object[]];
    bus.register(Saved, () => undefined);
    bus.subscribe(event => seen.push(event));
    await bus.publish(new Saved());
    await bus.publish(new Saved(), options);
    await bus.publishAll([new Saved()], options);
    expect(seen).toEqual([new Saved(), new Saved(), new Saved()]);
  });

  it('sees a command that its handler is given the context of', async () => {
    const [bus, contexts] = [new CommandBus(), [] as MessageContext[]];
    bus.register(Save, (_, context) => void contexts.push(context));
    let count = 0;
    bus.subscribe(() => count++);
    await bus.dispatch(new Save(), options);
    await bus.dispatch(new Save());
    expect([count, contexts.map(({ headers }) => headers)]).toEqual([2, [{ tenant: 'a' }, {}]]);
  });
});
