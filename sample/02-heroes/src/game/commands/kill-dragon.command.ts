import { Command } from 'nestjs-cqrs';

/** A hero shall kill a dragon. */
export class KillDragon extends Command<void> {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {
    super();
  }
}
