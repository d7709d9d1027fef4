/** A hero has killed a dragon; the item that it guarded lies there. */
export class DragonKilled {
  constructor(
    readonly dragonId: string,
    readonly heroId: string,
    readonly item: string,
  ) {}
}
