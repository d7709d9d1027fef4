import type { INestApplicationContext } from '@nestjs/common';
import {
  Command,
  CommandBus,
  Event,
  EventBus,
  Query,
  QueryBus,
  StreamQuery,
  type BareOptions,
  type DispatchOptions,
  type MessageInstance,
  type MessageKind,
  type PublishOptions,
} from '../../index.js';
import type { MessageType } from '../../extension.js';

/** What comes of what a scenario is about: the result of a command, the rows of a stream query. */
export type Answered<T> = T extends (...args: never[]) => infer R
  ? Awaited<R>
  : T extends StreamQuery<infer Row>
    ? Row[]
    : T extends Command<infer R>
      ? R
      : T extends Query<infer R>
        ? R
        : unknown;

/** As the bus of the message takes them. */
export type SendOptions<T> =
  BareOptions | (T extends Command<unknown> | Query<unknown> | StreamQuery<unknown> ? DispatchOptions : PublishOptions);

/** Executes a command, asks a query, reads the rows of a stream query, or publishes an event. */
export function send(
  app: INestApplicationContext,
  message: object,
  options?: BareOptions | DispatchOptions,
): Promise<unknown> {
  const bus = <T>(type: abstract new (...args: never[]) => T) => app.get<T>(type as never, { strict: false });
  if (message instanceof StreamQuery) return rowsOf(bus(QueryBus).stream(message, options));
  switch (kindOf(app, message)) {
    case 'command':
      return bus(CommandBus).execute(message as MessageInstance, options);
    case 'query':
      return bus(QueryBus).ask(message as MessageInstance, options);
    case 'event':
      return bus(EventBus).publish(message as MessageInstance, options);
  }
}

/** A class that extends none of the package is what it has a handler for; else an event. */
export function kindOf(app: INestApplicationContext, message: object): MessageKind {
  if (message instanceof Command) return 'command';
  if (message instanceof Query || message instanceof StreamQuery) return 'query';
  if (message instanceof Event) return 'event';
  const handles = (bus: typeof CommandBus | typeof QueryBus): boolean => {
    const { registry } = app.get<CommandBus | QueryBus>(bus as never, { strict: false });
    return prototypesOf(message).some(({ constructor }) => registry.has(constructor as MessageType));
  };
  if (handles(CommandBus)) return 'command';
  return handles(QueryBus) ? 'query' : 'event';
}

function prototypesOf(message: object): object[] {
  const found: object[] = [];
  for (let one: unknown = Object.getPrototypeOf(message); one !== null; one = Object.getPrototypeOf(one))
    found.push(one as object);
  return found;
}

async function rowsOf(rows: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
