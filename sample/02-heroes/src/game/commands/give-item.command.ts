import { Command } from 'nestjs-cqrs';

/** A hero shall get an item. */
export class GiveItem extends Command<void> {
  constructor(
    readonly heroId: string,
    readonly item: string,
  ) {
    super();
  }
}
