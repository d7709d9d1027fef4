import { Injectable } from '@nestjs/common';
import { Dragon } from './dragon.js';
import { GameError } from './game-error.js';
import { Hero } from './hero.js';

/**
 * The heroes and dragons of one game. They are kept in memory, as they are: starting the program starts a new game.
 * A game that survives would store the state of each when its events are committed.
 */
@Injectable()
export class GameRepository {
  private readonly all = {
    hero: [new Hero('sigurd', 'Sigurd'), new Hero('atalanta', 'Atalanta')],
    dragon: [
      new Dragon('fafnir', 'Fafnir', 'a cursed ring'),
      new Dragon('ladon', 'Ladon', 'a golden apple'),
      new Dragon('yamata', 'Yamata no Orochi', 'a sword found in its tail'),
    ],
  };

  get heroes(): readonly Hero[] {
    return this.all.hero;
  }

  get dragons(): readonly Dragon[] {
    return this.all.dragon;
  }

  /** @throws (rejects with) GameError if there is none */
  hero(id: string): Promise<Hero> {
    return this.find('hero', id);
  }

  /** @throws (rejects with) GameError if there is none */
  dragon(id: string): Promise<Dragon> {
    return this.find('dragon', id);
  }

  private async find<K extends 'hero' | 'dragon'>(kind: K, id: string) {
    const found = this.all[kind].find(one => one.id === id);
    if (!found) throw new GameError('unknown', `There is no ${kind} "${id}".`);
    return found as K extends 'hero' ? Hero : Dragon;
  }
}
