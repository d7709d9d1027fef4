import { Message } from '../../../lib/index.js';
import { ServedTypes } from '../../../lib/envelope/served-types.js';

class Shape {}
class Circle extends Shape {}
class Square extends Shape {}
class Person {}
@Message({ name: 'served.person' })
class Named extends Person {}
@Message({ name: 'served.triangle' })
class Triangle extends Shape {}

const shapes = (): ServedTypes => {
  const served = new ServedTypes();
  served.add(Shape);
  return served;
};

describe('The subclasses that a class brings', () => {
  it('are known once written, or at once with @Message', () => {
    const served = shapes();
    expect([Circle, Triangle].map(type => served.knows(type))).toEqual([false, true]);
    served.write(Circle);
    expect([Circle, Square, Triangle].map(type => served.knows(type))).toEqual([true, false, true]);
    expect(served.find('Circle')).toBe(Circle);
    expect(served.find('served.triangle')).toBe(Triangle);
  });

  it('are not those of a class that nothing serves', () => {
    const served = shapes();
    served.write(Person);
    expect([Person, Named].map(type => served.knows(type))).toEqual([false, false]);
    expect([served.find('Person'), served.find('served.person')]).toEqual([undefined, undefined]);
  });

  it('are forgotten with the classes that were added since a checkpoint', () => {
    const served = shapes();
    const forget = served.checkpoint();
    served.add(Person);
    expect(served.knows(Named)).toBe(true);
    forget();
    expect([served.knows(Named), served.knows(Triangle)]).toEqual([false, true]);
  });
});
