import { Module } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Middleware,
  Saga,
  Timeout,
  UseMiddleware,
  Wiring,
  type CqrsMiddleware,
  type Next,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';

class Audit implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

@Middleware({ on: ['command'], before: [Audit] })
class Trace extends Audit {}

class Retry extends Audit {
  wraps(type: object) {
    return type === Ship;
  }
}

@UseMiddleware(Retry)
abstract class OrderCommand extends Command {
  constructor(readonly id: string) {
    super();
  }
}
class Ship extends OrderCommand {}
class ShipAtOnce extends Ship {}
class Return extends OrderCommand {}
class Lost extends Command {}
class Forgotten extends Command {}
class Shipped extends Event {}
class ShippedAtOnce extends Shipped {}
const { Ship: Namesake } = { Ship: class Ship {} };

@CommandHandler(Ship)
class ShipHandler {
  @Timeout(500)
  async execute() {}
}
@CommandHandler(ShipAtOnce)
class ShipAtOnceHandler {
  async execute() {}
}
class Returns {
  @CommandHandler(Return)
  take() {}
  @EventsHandler(Shipped)
  note() {}
  @Saga(ShippedAtOnce)
  thank = () => undefined;
}
/** Not provided. */
@CommandHandler(Forgotten)
class ForgottenHandler {
  execute() {}
}
@CommandHandler(Namesake)
class NamesakeHandler {
  execute() {}
}

@Module({ providers: [ShipHandler, ShipAtOnceHandler, Returns, Trace, NamesakeHandler] })
class ShippingModule {}

describe('explain()', () => {
  let wiring: Wiring;

  beforeEach(async () => {
    const { app } = await start({
      imports: [CqrsModule.forRoot({ middleware: [Audit], duplicates: 'warn' }), ShippingModule],
    });
    wiring = app.get(Wiring);
  });

  /** Without places, which move with every line of this file. */
  const explained = (message: Parameters<Wiring['explain']>[0]) =>
    wiring.explain(message).replace(/ {3}test\/e2e\/wiring\/explain\.spec\.ts:\d+/g, '');

  it('gives the way with the reason for each middleware, and what is left out or is not reached', () => {
    expect(explained(Ship)).toBe(
      [
        'command Ship',
        '  extends      OrderCommand',
        '  handled by   ShipHandler (ShippingModule), class, singleton',
        '    → Trace   @Middleware on Trace: before Audit',
        '    → Audit   forRoot.middleware[0]: in the order of the list',
        '    → Retry   @UseMiddleware on OrderCommand: of the message, inherited from OrderCommand, inside of that of the bus',
        '    → timeLimit(500)   @Timeout on ShipHandler.execute: of the method, inside of that of the class',
        '  not this     another class of this name',
      ].join('\n'),
    );
    expect(explained(Return)).toContain(
      '    - Retry   @UseMiddleware on OrderCommand: left out, it does not wrap this type',
    );
  });

  it('names the place of every class', () => {
    expect(wiring.explain(Ship).match(/test\/e2e\/wiring\/explain\.spec\.ts:\d+/g)).toHaveLength(6);
  });

  it('says which handler of a base class is shadowed, and which gets events of a subclass too', () => {
    expect(explained(ShipAtOnce)).toContain('  not reached  ShipHandler handles Ship, and ShipAtOnceHandler is nearer');
    expect(explained(ShippedAtOnce)).toBe(
      [
        'event ShippedAtOnce',
        '  extends      Shipped',
        '  handled by   Returns.note (ShippingModule), method, singleton, as Shipped',
        '    → Audit   forRoot.middleware[0]: in the order of the list',
        '  saga         Returns.thank (ShippingModule)',
      ].join('\n'),
    );
  });

  it('says what may have been meant where nothing handles a message', () => {
    expect(explained(Forgotten)).toBe(
      [
        'command Forgotten',
        `  handled by   nothing. ${ForgottenHandler.name} is declared but not provided: list it among the providers of a module that the application imports.`,
        '  not reached  ForgottenHandler is declared but not provided: list it among the providers of a module',
      ].join('\n'),
    );
    expect(explained(Lost)).toBe('command Lost\n  handled by   nothing');
  });

  it('takes names of messages and of handlers, and offers names that are near', () => {
    expect(explained('Return')).toBe(explained(Return));
    expect(explained('Returns')).toBe([explained(Return), explained(Shipped)].join('\n\n'));
    expect(explained('Ship').split('\n\n')).toHaveLength(2);
    expect(explained('command:ShipAtOnce')).toBe(explained(ShipAtOnce));
    expect(explained('Retrun')).toBe(
      '"Retrun" is not the name of a message or handler of this application. Did you mean Return?',
    );
  });
});
