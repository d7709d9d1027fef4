/** A hero has picked an item up. */
export class ItemFound {
  constructor(
    readonly heroId: string,
    readonly item: string,
  ) {}
}
