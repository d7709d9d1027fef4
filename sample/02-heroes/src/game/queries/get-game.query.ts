import { Query } from 'nestjs-cqrs';

/** The whole game, as players see it. */
export interface GameView {
  readonly heroes: readonly HeroView[];
  readonly dragons: readonly { id: string; name: string; guards: string; killedBy: string | null }[];
  readonly chronicle: readonly string[];
}

/** A hero, as players see them. */
export interface HeroView {
  readonly id: string;
  readonly name: string;
  readonly items: readonly string[];
}

export class GetGame extends Query<GameView> {}
