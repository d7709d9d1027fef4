import { Injectable } from '@nestjs/common';
import { Command, CommandHandler } from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';

/** What the handler of a command does. */
export type Script = () => Promise<unknown>;

/** A command that brings what its handler does. */
export abstract class Scripted extends Command {
  constructor(readonly script: Script) {
    super();
  }
}

/** Joins a unit of work, or opens one. */
@Transactional()
export class Whole extends Scripted {}

/** A part that may fail alone. */
@Transactional({ propagation: 'Nested' })
export class Part extends Scripted {}

/** A unit of its own. */
@Transactional({ propagation: 'RequiresNew' })
export class Own extends Scripted {}

@Injectable()
export class ScriptedHandlers {
  @CommandHandler(Whole)
  async whole({ script }: Whole) {
    await script();
  }

  @CommandHandler(Part)
  async part({ script }: Part) {
    await script();
  }

  @CommandHandler(Own)
  async own({ script }: Own) {
    await script();
  }
}
