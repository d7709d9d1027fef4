import { Injectable } from '@nestjs/common';
import { type ICommand, ofType, Saga } from 'nestjs-cqrs';
import { map, type Observable } from 'rxjs';
import { GiveItem } from './commands/give-item.command.js';
import { DragonKilled } from './events/dragon-killed.js';

// #region saga
@Injectable()
export class TreasureSagas {
  /** Who kills a dragon gets what it guarded. */
  @Saga()
  treasureFound = (events$: Observable<object>): Observable<ICommand> =>
    events$.pipe(
      ofType(DragonKilled),
      map(({ heroId, item }) => new GiveItem(heroId, item)),
    );
}
// #endregion
