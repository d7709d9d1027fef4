import { Type } from 'class-transformer';
import { IsEmail, IsInt, Min, MinLength, ValidateNested } from 'class-validator';
import { MessageValidationException, validateMessage } from 'nestjs-cqrs';
import { messageTransformer } from 'nestjs-cqrs/class-transformer';
import { classValidator } from 'nestjs-cqrs/class-validator';

class Line {
  @Min(1)
  amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}
class Order {
  @IsEmail()
  @MinLength(5)
  email: string;
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines: Line[];
  @IsInt()
  @Type(() => Number)
  count: number;
  constructor(email: string, lines: Line[], count: number) {
    this.email = email;
    this.lines = lines;
    this.count = count;
  }
}
class Plain {
  constructor(readonly anything: unknown) {}
}

const violations = (message: object, ...validators: Parameters<typeof validateMessage>[1] & object) =>
  validateMessage(message, validators).then(
    () => [],
    (error: unknown) => (error as MessageValidationException).violations,
  );

describe('classValidator', () => {
  it('tells every violation with its path, of nested instances too', async () => {
    const found = await violations(new Order('x', [new Line(1), new Line(0)], 1.5), classValidator());
    expect(found.map(({ path }) => path)).toEqual(['email', 'email', 'lines.1.amount', 'count']);
    expect(found.every(({ message }) => message.length > 0)).toBe(true);
  });

  it('returns a valid message as it is, frozen or not, and changes nothing', async () => {
    const order = Object.freeze(Object.assign(new Order('a@example.com', [new Line(1)], 1), { extra: true }));
    expect(await validateMessage(order, [classValidator({ whitelist: true })])).toBe(order);
    expect(order.extra).toBe(true);
  });

  it('refuses further fields where it is told to', async () => {
    const order = Object.assign(new Order('a@example.com', [new Line(1)], 1), { extra: true });
    const found = await violations(order, classValidator({ forbidNonWhitelisted: true }));
    expect(found.map(({ path }) => path)).toEqual(['extra']);
    expect(order.extra).toBe(true);
  });

  it('has nothing to say about a class without decorators', async () => {
    const plain = new Plain(1);
    expect(classValidator().validates(Plain)).toBe(false);
    expect(await validateMessage(plain, [classValidator()])).toBe(plain);
  });

  it('validates a class whose decorators are all of groups, in these', async () => {
    class Grouped {
      @IsInt({ groups: ['admin'] })
      count = 1.5;
    }
    expect(classValidator().validates(Grouped)).toBe(true);
    expect(await violations(new Grouped(), classValidator({ groups: ['admin'] }))).toMatchObject([{ path: 'count' }]);
  });

  it('sees what messageTransformer made of the fields, and so does the handler', async () => {
    const raw = new Order('a@example.com', [{ amount: 1 } as Line], '5' as never);
    const valid = await validateMessage(raw, [messageTransformer(), classValidator()]);
    expect(valid).toStrictEqual(new Order('a@example.com', [new Line(1)], 5));
    expect(raw.count).toBe('5');
    const found = await violations(
      new Order('a@example.com', [{ amount: 0 } as Line], 5),
      messageTransformer(),
      classValidator(),
    );
    expect(found.map(({ path }) => path)).toEqual(['lines.0.amount']);
  });
});
