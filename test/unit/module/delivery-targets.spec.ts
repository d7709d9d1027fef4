import { RunCounter } from '../../../lib/dispatch/run-counter.js';
import type { ApplicationBuses } from '../../../lib/module/application-buses.js';
import { commandTarget, withoutDoubles } from '../../../lib/module/delivery-targets.js';

class SendMail {}
class SendLetter extends SendMail {}
class Other {}

const delivery = commandTarget({} as ApplicationBuses, SendMail, { name: 'mail.send' }, {}).runs;
const dispatch = (type: new () => object) => new RunCounter(type, { name: `${type.name}Handler` });

describe('withoutDoubles', () => {
  it('leaves out a delivery whose dispatch is there, of a subclass too', () => {
    const [mail, letter] = [dispatch(SendMail), dispatch(SendLetter)];
    expect(withoutDoubles([delivery, delivery, mail, letter])).toEqual([mail, letter]);
  });

  it('keeps a delivery that is alone, and each dispatch', () => {
    const [mail, other] = [dispatch(SendMail), dispatch(Other)];
    expect(withoutDoubles([delivery, other])).toEqual([other, delivery]);
    expect(withoutDoubles([mail, mail, delivery])).toEqual([mail, mail]);
    expect(withoutDoubles([mail, delivery, delivery])).toEqual([mail, delivery]);
    expect(withoutDoubles([])).toEqual([]);
  });
});
