import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WeakTypes } from '../../../lib/envelope/weak-types.js';
import { until } from '../../support/waiting.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Made here, so that no variable of a test keeps it. */
const addShortLived = (types: WeakTypes, names: string[]): void => types.add(class ShortLived {}, names);

class Stays {}
class Other {}

describe('types by name, held weakly', () => {
  it('a name has all its types, each once, in the order in which they came', () => {
    const types = new WeakTypes();
    types.add(Stays, ['a', 'b']);
    types.add(Other, ['a']);
    types.add(Stays, ['a']);
    expect([types.named('a'), types.named('b'), types.named('c')]).toEqual([[Stays, Other], [Stays], []]);
    expect([...types.names()]).toEqual(['a', 'b']);
  });

  it('a collected class is forgotten, its name with the last', async () => {
    const types = new WeakTypes();
    types.add(Stays, ['shared']);
    addShortLived(types, ['shared', 'own']);
    expect([...types.names()]).toEqual(['shared', 'own']);
    await until(() => {
      collectGarbage();
      return [...types.names()].length === 1;
    });
    expect([[...types.names()], types.named('shared'), types.named('own')]).toEqual([['shared'], [Stays], []]);
  });

  it('a name that was forgotten can be used again', async () => {
    const types = new WeakTypes();
    addShortLived(types, ['own']);
    await until(() => {
      collectGarbage();
      return [...types.names()].length === 0;
    });
    types.add(Stays, ['own']);
    expect(types.named('own')).toEqual([Stays]);
  });
});
