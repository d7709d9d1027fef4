import { restoreStubs, sagaOf, scenario, scenarioOf, testApp, type TestApp } from 'nestjs-cqrs/testing';
import { AppModule } from '../src/app.module.js';
import { GiveItem } from '../src/game/commands/give-item.command.js';
import { KillDragon } from '../src/game/commands/kill-dragon.command.js';
import { Dragon } from '../src/game/dragon.js';
import { DragonKilled } from '../src/game/events/dragon-killed.js';
import { ItemFound } from '../src/game/events/item-found.js';
import { GameError } from '../src/game/game-error.js';
import { TreasureSagas } from '../src/game/treasure.sagas.js';

const killed = new DragonKilled('fafnir', 'sigurd', 'a cursed ring');

describe('a dragon', () => {
  // #region aggregate
  const fafnir = () => new Dragon('fafnir', 'Fafnir', 'a cursed ring');

  it('dies in a fight', () =>
    scenarioOf(fafnir)
      .when(dragon => dragon.fightWith('sigurd'))
      .records(new DragonKilled('fafnir', 'sigurd', 'a cursed ring')));

  it('dies once', () =>
    scenarioOf(fafnir)
      .given(new DragonKilled('fafnir', 'sigurd', 'a cursed ring'))
      .when(dragon => dragon.fightWith('atalanta'))
      .fails(GameError, 'already dead'));
  // #endregion
});

describe('the treasure', () => {
  it('goes to the hero who has killed the dragon', () =>
    sagaOf(new TreasureSagas().treasureFound).when(killed).sends(new GiveItem('sigurd', 'a cursed ring')));

  it('is not affected by what is found', () =>
    sagaOf(new TreasureSagas().treasureFound).when(new ItemFound('sigurd', 'a cursed ring')).nothing());
});

describe('the game', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await testApp({ imports: [AppModule] });
  });

  afterEach(() => {
    restoreStubs(app);
    return app.close();
  });

  it('lets a hero find what the dragon guarded', async () => {
    const fight = scenario(app).when(new KillDragon('sigurd', 'fafnir'));
    await fight.sends(new GiveItem('sigurd', 'a cursed ring'));
    await fight.publishes(killed, new ItemFound('sigurd', 'a cursed ring'));
  });

  it('lets a dragon die once', () =>
    scenario(app)
      .given(new KillDragon('sigurd', 'fafnir'))
      .when(new KillDragon('atalanta', 'fafnir'))
      .fails(GameError, 'Fafnir is already dead.'));

  it('leaves the treasure where it is if nothing gives it to the hero', () =>
    scenario(app).stubbed(GiveItem).when(new KillDragon('sigurd', 'fafnir')).publishes(killed));
});
