/** Something the rules of the game do not allow. */
export class GameError extends Error {
  /**
   * @param reason whether something does not exist, or may not be done
   * @param message what a player is told
   */
  constructor(
    readonly reason: 'unknown' | 'forbidden',
    message: string,
  ) {
    super(message);
  }
}
