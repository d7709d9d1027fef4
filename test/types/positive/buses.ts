import {
  AsyncContext,
  Command,
  CommandBus,
  Event,
  EventBus,
  HandlerRegistry,
  Query,
  QueryBus,
  StreamQuery,
  command,
  query,
  type CommandResult,
  type Disposer,
  type ICommand,
  type IEvent,
  type PublishOutcome,
  type QueryResult,
  type StreamRow,
} from 'nestjs-cqrs';

class Create extends Command {
  constructor(readonly userId: string) {
    super();
  }
}
class Open extends Command<{ id: string }> {
  constructor(readonly owner: string) {
    super();
  }
}
class GetName extends Query<string | null> {
  constructor(readonly userId: string) {
    super();
  }
}
class Rows extends StreamQuery<{ n: number }> {}
class Created extends Event {
  constructor(readonly userId: string) {
    super();
  }
}
class Plain {
  constructor(readonly text: string) {}
}
class Empty {}
class Optional {
  readonly text?: string;
}
interface Shape {
  readonly kind: string;
}

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(_same: Same<A, B>): void => undefined;

const commands = new CommandBus();
const queries = new QueryBus();
const events = new EventBus();

export async function results() {
  const dispatched = await commands.dispatch(new Create('1'));
  same<typeof dispatched, void>(true);
  const nothing = await commands.execute(new Create('1'));
  same<typeof nothing, void>(true);
  const opened = await commands.execute(new Open('1'), { headers: { tenant: 'a' } });
  same<typeof opened, { id: string }>(true);
  const plain = await commands.execute(new Plain('1'));
  same<typeof plain, any>(true);
  const name = await queries.ask(new GetName('1'));
  same<typeof name, string | null>(true);
  const unknownName = await queries.ask(new Plain('1'));
  same<typeof unknownName, unknown>(true);
  const executed = await queries.execute(new GetName('1'), new AsyncContext());
  same<typeof executed, string | null>(true);
  const named = await commands.execute<Plain, number>(new Plain('1'));
  same<typeof named, number>(true);
  const namedResult = await commands.execute<{ id: string }>(new Open('1'));
  same<typeof namedResult, { id: string }>(true);
  const asked = await queries.execute<Plain, Date>(new Plain('1'));
  same<typeof asked, Date>(true);
  const rows = queries.stream(new Rows(), { signal: AbortSignal.timeout(1) });
  for await (const row of rows) same<typeof row, { n: number }>(true);
  for await (const row of queries.stream(new Rows(), new AsyncContext())) row.n.toFixed();
  const published = await events.publish(new Created('1'));
  same<typeof published, void>(true);
  const outcome = await events.publish(new Created('1'), { onError: 'collect' });
  same<typeof outcome, PublishOutcome>(true);
  const outcomes = await events.publishAll([new Created('1'), new Plain('1')], {
    onError: 'collect',
    mode: 'sequential',
  });
  same<typeof outcomes, PublishOutcome[]>(true);
  same<CommandResult<Open>, { id: string }>(true);
  same<QueryResult<GetName>, string | null>(true);
  same<StreamRow<Rows>, { n: number }>(true);
}

export async function messages(any: any, shape: Shape, union: Create | Plain) {
  await commands.dispatch(new Empty());
  await commands.execute(new Optional());
  await commands.dispatch(shape);
  await commands.dispatch(union);
  await commands.execute(any);
  await queries.ask(any);
  await queries.ask(new Optional());
  await events.publish(new Empty());
  await events.publish(any);
  await events.publish(shape, new AsyncContext());
  await events.publish(Object.freeze(new Created('1')), { aggregate: 'user' }, new AsyncContext());
  await events.publishAll([]);
  await events.publishAll(Object.freeze([new Created('1')]));
  return new Command<string>();
}

// Generic code passes on what it was given.

export class Gateway<TCommand extends object, TQuery extends Query<unknown>> {
  send(given: TCommand) {
    return commands.dispatch(given);
  }
  executeIt(given: TCommand) {
    return commands.execute<TCommand, string>(given);
  }
  ask(given: TQuery): Promise<QueryResult<TQuery>> {
    return queries.ask(given);
  }
  tell<T extends object>(event: T, all: T[]) {
    return [events.publish(event), events.publishAll(all)];
  }
}

// Buses of one base only.

abstract class DomainEvent implements IEvent {
  abstract readonly at: Date;
}
class Happened extends DomainEvent {
  readonly at = new Date();
}
export const domainEvents = new EventBus<DomainEvent>();
void domainEvents.publish(new Happened());
export const domainCommands = new CommandBus<Create | Open>();
void domainCommands.dispatch(new Create('1'));
export const anyCommands: CommandBus<ICommand> = commands;

// Functions as handlers.

export const disposers: Disposer[] = [
  commands.register(Create, async created => void created.userId.trim()),
  commands.register(Create, ({ userId }) => [].push(userId as never)),
  commands.register(Open, (opened, context) => ({ id: opened.owner + context.messageId })),
  commands.register(Plain, () => 'anything'),
  queries.register(GetName, () => null),
  queries.register(Rows, async function* () {
    yield { n: 1 };
  }),
  queries.register(Rows, () => [{ n: 1 }]),
  events.register(Created, event => event.userId),
  new HandlerRegistry().register(Open, async () => ({ id: '1' })),
];
export const create = command(Create)(async given => void given.userId);
export const getName = query(GetName, queries)(given => given.userId);
export const kept: (given: GetName) => string = getName;
