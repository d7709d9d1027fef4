import { CommandBus, QueryBus, Wiring } from '../../index.js';
import type { MessageType, ProbePoint } from '../../extension.js';
import type { INestApplicationContext } from '@nestjs/common';

/** Answers in place of handlers. */
export interface Answering {
  /** False while it lets the handler be called. */
  readonly hasAnswer: boolean;
  serves(point: ProbePoint): boolean;
  /** @param run the handler itself */
  answer(message: object, run: () => unknown): unknown;
  restore(): void;
}

/** The stubs of an application: the latest counts. */
export class Stubs {
  private readonly all = new Set<Answering>();

  constructor(private readonly app: INestApplicationContext) {}

  find(point: ProbePoint): Answering | undefined {
    return [...this.all].findLast(stub => stub.serves(point));
  }

  add(stub: Answering): void {
    this.all.add(stub);
  }

  remove(stub: Answering): void {
    this.all.delete(stub);
  }

  restore(): void {
    for (const stub of [...this.all].toReversed()) stub.restore();
  }

  /**
   * Gives a message class a handler, if it has none, so that a stub can take its place.
   * @returns takes it back; undefined if it has one
   */
  register(type: MessageType): (() => void) | undefined {
    const buses = [CommandBus, QueryBus].map(bus =>
      this.app.get<CommandBus | QueryBus>(bus as never, { strict: false }),
    );
    const { entries } = this.app.get(Wiring, { strict: false });
    const line = lineage(type);
    const isKnown =
      buses.some(({ registry }) => line.some(ancestor => registry.has(ancestor))) ||
      entries.some(({ kind, message, handler }) =>
        kind === 'event' || kind === 'saga' ? nameOfClass(handler) === type.name : message === type.name,
      );
    if (isKnown || entries.some(({ handler }) => nameOfClass(handler) === type.name)) return undefined;
    const registered = buses.map(({ registry }) => registry.register(type, unanswered(type)));
    return () => registered.forEach(end => end());
  }
}

/** `Shipping` of `Shipping.onPaid`. */
const nameOfClass = (handler: string): string => handler.split('.', 1)[0]!;

function lineage(type: MessageType): MessageType[] {
  const line: MessageType[] = [];
  for (
    let one: unknown = type;
    typeof one === 'function' && one !== Function.prototype;
    one = Object.getPrototypeOf(one)
  )
    line.push(one as MessageType);
  return line;
}

function unanswered(type: MessageType): () => never {
  const handler = (): never => {
    throw new Error(`${type.name} has no handler, and its stub has been restored.`);
  };
  Object.defineProperty(handler, 'name', { value: `stub of ${type.name}` });
  return handler;
}
