import { Transactional } from '../../../extension.js';
import { Command, Durable, Event, header, Message, type MessageContext } from '../../../index.js';

/** What a command of the suite does. */
export type Script = (context: MessageContext) => unknown;

abstract class Scripted extends Command<unknown> {
  constructor(readonly script: Script) {
    super();
  }
}

/** Joins the unit of work of its caller, or opens one. */
@Transactional()
export class Whole extends Scripted {}

/** A part that may fail alone. */
@Transactional({ propagation: 'Nested' })
export class Part extends Scripted {}

/** A unit of its own. */
@Transactional({ propagation: 'RequiresNew' })
export class Own extends Scripted {}

/** In no unit of work. */
export class Plain extends Scripted {}

/** How a handler of an event fails. */
export type Failing = 'in the transaction' | 'after the commit' | undefined;

@Message({ name: 'unit-of-work.told' })
export class Told extends Event {
  constructor(
    readonly key: string,
    readonly failing?: Failing,
  ) {
    super();
  }
}

/** What the saga answers to each event. */
export class Follow extends Command {
  constructor(readonly key: string) {
    super();
  }
}

/** Stored, with an effect. */
@Message({ name: 'unit-of-work.work' })
@Durable({ retry: { limit: 3, delay: 1 } })
@Transactional()
export class Work extends Command {
  constructor(
    readonly key: string,
    /** Attempts that fail after their effect. */
    readonly failures = 0,
  ) {
    super();
  }
}

export const tenant = header<string>('tenant');
