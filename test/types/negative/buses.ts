import {
  Command,
  CommandBus,
  EventBus,
  HandlerRegistry,
  Query,
  QueryBus,
  StreamQuery,
  command,
  query,
} from 'nestjs-cqrs';

class Create extends Command {
  constructor(readonly userId: string) {
    super();
  }
}
class Open extends Command<{ id: string }> {}
class GetName extends Query<string> {}
class Rows extends StreamQuery<number> {}
class Created {
  constructor(readonly userId: string) {}
}
abstract class DomainEvent {
  abstract readonly at: Date;
}

const commands = new CommandBus();
const queries = new QueryBus();
const events = new EventBus();
const fn = () => new Create('1');

export async function messages() {
  // Classes, functions and primitives where an instance belongs.

  // @ts-expect-error: a class
  await commands.dispatch(Create);
  // @ts-expect-error: a class
  await commands.execute(Create);
  // @ts-expect-error: a class
  await queries.ask(GetName);
  // @ts-expect-error: a class
  await queries.execute(GetName);
  // @ts-expect-error: a class
  queries.stream(Rows);
  // @ts-expect-error: a class
  await events.publish(Created);
  // @ts-expect-error: an abstract class
  await events.publish(DomainEvent);
  // @ts-expect-error: a list of a class
  await events.publishAll([Created]);
  // @ts-expect-error: a function
  await commands.dispatch(fn);
  // @ts-expect-error: a function
  await events.publish(fn);
  // @ts-expect-error: a number
  await commands.dispatch(5);
  // @ts-expect-error: a number
  await commands.execute(5);
  // @ts-expect-error: a text
  await queries.ask('name');
  // @ts-expect-error: a number
  await queries.execute(5);
  // @ts-expect-error: a number
  await events.publish(42);
  // @ts-expect-error: a boolean
  await events.publish(true);
  // @ts-expect-error: numbers
  await events.publishAll([1, 2]);
  // @ts-expect-error: null
  await commands.dispatch(null);
  // @ts-expect-error: undefined
  await commands.execute(undefined);
  // @ts-expect-error: null
  await queries.ask(null);
  // @ts-expect-error: null
  await events.publish(null);
  // @ts-expect-error: undefined
  await events.publish(undefined);
  // @ts-expect-error: an event where a list belongs
  await events.publishAll(new Created('1'));
  // @ts-expect-error: perhaps nothing
  await commands.dispatch(new Map<string, Create>().get('1'));
  // @ts-expect-error: a query without rows
  queries.stream(new GetName());
}

export async function results() {
  // @ts-expect-error: a command that answers nothing
  const text: string = await commands.execute(new Create('1'));
  // @ts-expect-error: another result
  const id: number = await commands.execute(new Open());
  // @ts-expect-error: dispatch answers nothing
  const data: { id: string } = await commands.dispatch(new Open());
  // @ts-expect-error: another answer
  const name: number = await queries.ask(new GetName());
  // @ts-expect-error: an answer that nobody told
  const unknownAnswer: string = await queries.ask(new Created('1'));
  // @ts-expect-error: no outcome unless it is collected
  const { failures } = await events.publish(new Created('1'));
  // @ts-expect-error: rows of another type
  for await (const row of queries.stream(new Rows())) row.trim();
  return [text, id, data, name, unknownAnswer, failures];
}

export function options() {
  // @ts-expect-error: no such option
  void commands.dispatch(new Create('1'), { sygnal: AbortSignal.timeout(1) });
  // @ts-expect-error: a controller is no signal
  void queries.ask(new GetName(), { signal: new AbortController() });
  // @ts-expect-error: no such option
  new CommandBus({ middlewares: [] });
  // @ts-expect-error: no such mode
  new EventBus({ mode: 'random' });
}

export function bases() {
  // @ts-expect-error: not of the base
  void new EventBus<DomainEvent>().publish(new Created('1'));
  // @ts-expect-error: not of the base
  void new CommandBus<Open>().dispatch(new Created('1'));
}

export function functions() {
  // @ts-expect-error: another message
  commands.register(Create, (_: Open & { other: 1 }) => undefined);
  // @ts-expect-error: another result
  commands.register(Open, () => ({ id: 1 }));
  // @ts-expect-error: another answer
  queries.register(GetName, async () => 42);
  // @ts-expect-error: no rows
  queries.register(Rows, () => 1);
  // @ts-expect-error: no class
  commands.register(new Create('1'), () => undefined);
  // @ts-expect-error: no function
  commands.register(Create, { execute: () => undefined });
  // @ts-expect-error: another event
  events.register(Created, (_: DomainEvent) => undefined);
  // @ts-expect-error: another result
  new HandlerRegistry().register(Open, () => 42);
  // @ts-expect-error: another result
  command(Open)(() => 42);
  // @ts-expect-error: another answer
  query(GetName)(() => 42);
  // @ts-expect-error: no rows
  query(Rows)(() => 42);
}

export async function streams() {
  // @ts-expect-error: a stream query gives rows, not one answer
  await queries.ask(new Rows());
  // @ts-expect-error: the same under the name of @nestjs/cqrs
  await queries.execute(new Rows());
}
