import { CommandBus, Command, HandlerRegistry as UserRegistry, MessageContext, validateMessage } from 'nestjs-cqrs';
import {
  CqrsException,
  HandlerRegistry,
  type HandlerInvoker,
  type MessageValidator,
  type ValidationOutcome,
} from 'nestjs-cqrs/extension';

class Charge extends Command<string> {
  constructor(readonly amount: number) {
    super();
  }
}

/** Calls a handler that lives elsewhere, as an adapter does. */
class Elsewhere implements HandlerInvoker {
  readonly identity = { name: 'elsewhere' };
  readonly usesContext = true;
  readonly middleware = [];

  invoke(message: object, context?: MessageContext): string {
    return `${(message as Charge).amount} ${context?.handler?.name}`;
  }
}

class Positive implements MessageValidator {
  validates(type: unknown): boolean {
    return type === Charge;
  }
  validate(message: object): ValidationOutcome {
    const { amount } = message as Charge;
    return amount > 0 ? { value: message } : { violations: [{ path: 'amount', message: 'must be positive' }] };
  }
}

describe('nestjs-cqrs/extension', () => {
  it('has the classes of the main entry, not copies', () => {
    expect(HandlerRegistry).toBe(UserRegistry);
  });

  it('types an invoker that a bus calls like any handler', async () => {
    const registry = new HandlerRegistry();
    registry.registerInvoker(Charge, new Elsewhere());
    const bus = new CommandBus({ registry });
    expect(await bus.execute(new Charge(3))).toBe('3 elsewhere');
  });

  it('types a validator, whose violations become an exception with a code', async () => {
    const refused = validateMessage(new Charge(-1), [new Positive()]);
    await expect(refused).rejects.toMatchObject({ code: 'CQRS_VALIDATION', violations: [{ path: 'amount' }] });
    await expect(refused).rejects.toBeInstanceOf(CqrsException);
  });
});
