import { Command, CommandBus } from '../../../lib/index.js';
import { SlowSteps, StubPrices, SwitchedSteps } from './documented-probes.js';
import { observe } from '../../../lib/extension.js';
import { soon } from '../../support/waiting.js';

class GetPrice extends Command<number> {}
class Other extends Command<number> {}

describe('the probes of the page', () => {
  it('note steps that are slow, and nothing when they are gone', async () => {
    const bus = new CommandBus();
    bus.register(GetPrice, async () => (await soon(), 10));
    const slow = new SlowSteps(-1);
    // #region use
    const stop = observe(bus, slow);
    await bus.execute(new GetPrice());
    stop();
    // #endregion
    await bus.execute(new GetPrice());
    expect(slow.found.map(({ step }) => step)).toEqual(['handler of GetPrice', 'dispatch of GetPrice']);
  });

  it('watch while they are switched on', async () => {
    const bus = new CommandBus();
    bus.register(GetPrice, () => 10);
    const switched = new SwitchedSteps(-1);
    observe(bus, switched);
    await bus.execute(new GetPrice());
    expect(switched.found).toEqual([]);
    switched.isOn = true;
    await bus.execute(new GetPrice());
    expect(switched.found).toHaveLength(2);
  });

  it('replace the handler of one message', async () => {
    const bus = new CommandBus();
    bus.register(GetPrice, () => 10);
    bus.register(Other, () => 20);
    observe(bus, new StubPrices(GetPrice, 5));
    expect([await bus.execute(new GetPrice()), await bus.execute(new Other())]).toEqual([5, 20]);
  });
});
