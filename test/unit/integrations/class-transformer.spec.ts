import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { Envelope, EnvelopeException, MessageCatalog } from 'nestjs-cqrs';
import { classTransformer } from 'nestjs-cqrs/class-transformer';
import { throughJSON } from '../../support/json.js';

const options = { engines: [classTransformer()] };
class Money {
  constructor(readonly cents: number) {}
  get euros(): number {
    return this.cents / 100;
  }
}
class Pay {
  @Type(() => Money)
  readonly money: Money;
  @Expose({ name: 'pay_to' })
  readonly to: string;
  @Exclude()
  readonly secret: string;
  @Transform(({ value }) => (value as string[]).join(','), { toPlainOnly: true })
  @Transform(({ value }) => (value as string).split(','), { toClassOnly: true })
  readonly tags: string[];
  readonly at: Date;
  readonly big: bigint;

  constructor(money: Money, to: string, secret: string, tags: string[], at: Date, big: bigint) {
    if (!to) throw new Error('the constructor ran');
    this.money = money;
    this.to = to;
    this.secret = secret;
    this.tags = tags;
    this.at = at;
    this.big = big;
  }
}
class Undecorated {
  constructor(readonly map: Map<string, number>) {}
}

describe('classTransformer', () => {
  const pay = new Pay(new Money(150), 'ada', 's3cret', ['a', 'b'], new Date(5), 7n);

  it('writes what the decorators say, and carries Date and bigint beside', () => {
    expect(throughJSON(new Envelope(pay, {}, options))).toMatchObject({
      payload: { money: { cents: 150 }, pay_to: 'ada', tags: 'a,b', at: { $type: 'Date' }, big: { $type: 'bigint' } },
    });
    expect(JSON.stringify(new Envelope(pay, {}, options))).not.toContain('s3cret');
  });

  it('revives instances, nested ones by @Type, without the constructor of the message', () => {
    const { payload } = Envelope.fromJSON(throughJSON(new Envelope(pay, {}, options)), Pay, options);
    expect(payload).toBeInstanceOf(Pay);
    expect(payload.money).toBeInstanceOf(Money);
    expect(payload.money.euros).toBe(1.5);
    expect({ ...payload }).toEqual({ money: new Money(150), to: 'ada', tags: ['a', 'b'], at: new Date(5), big: 7n });
  });

  it.each<[string, PropertyDecorator]>([
    ['@Type', Type(() => Money)],
    ['@Transform', Transform(({ value }) => value as unknown)],
    ['@Expose', Expose()],
    ['@Exclude', Exclude()],
  ])('handles a class that has %s alone, and its subclasses', (_name, decorate) => {
    class Decorated {
      readonly field: unknown;
    }
    decorate(Decorated.prototype, 'field');
    class Child extends Decorated {}
    const { handles } = classTransformer();
    expect([Decorated, Child, Undecorated].map(type => handles(type))).toEqual([true, true, false]);
  });

  it('is asked by a catalog too', () => {
    const catalog = new MessageCatalog([Pay], options);
    expect((catalog.fromJSON(throughJSON(catalog.envelope(pay))).payload as Pay).money).toBeInstanceOf(Money);
  });

  it('leaves classes without its decorators alone', () => {
    const message = new Undecorated(new Map([['a', 1]]));
    expect(
      Envelope.fromJSON(throughJSON(new Envelope(message, {}, options)), Undecorated, options).payload,
    ).toStrictEqual(message);
  });

  it('makes a typed error of what a transformation throws', () => {
    expect(() => Envelope.fromJSON({ payload: { tags: 5 } }, Pay, options)).toThrow(EnvelopeException);
  });
});
