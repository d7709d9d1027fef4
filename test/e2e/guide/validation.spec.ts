import { IsEmail } from 'class-validator';
import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  MessageCatalog,
  MessageValidationException,
  Validate,
  validateMessage,
} from 'nestjs-cqrs';
import { classValidator } from 'nestjs-cqrs/class-validator';
import { scenario, testApp } from 'nestjs-cqrs/testing';
import * as v from 'valibot';
import { z } from 'zod';

// #region schemas
@Validate(z.object({ email: z.email().trim(), age: z.coerce.number().int() }))
class CreateUser extends Command {
  constructor(
    readonly email: string,
    readonly age: number,
  ) {
    super();
  }
}

class RenameUser extends Command {
  static readonly schema = v.object({ name: v.pipe(v.string(), v.trim(), v.minLength(2)) });

  constructor(readonly name: string) {
    super();
  }
}
// #endregion

// #region class-validator
class InviteUser extends Command {
  @IsEmail()
  readonly email: string;

  constructor(email: string) {
    super();
    this.email = email;
  }
}
// #endregion

const handled: object[] = [];

@Injectable()
class Users {
  @CommandHandler(CreateUser)
  create(command: CreateUser) {
    handled.push(command);
  }
  @CommandHandler(RenameUser)
  rename(command: RenameUser) {
    handled.push(command);
  }
  @CommandHandler(InviteUser)
  invite(command: InviteUser) {
    handled.push(command);
  }
}

const start = (module: ReturnType<typeof CqrsModule.forRoot>) => testApp({ imports: [module], providers: [Users] });

describe('docs/validation.md', () => {
  beforeEach(() => void (handled.length = 0));

  it('every dispatch is validated, each once', async () => {
    await using app = await start(CqrsModule.forRoot());
    const commands = app.get(CommandBus);
    const body = { email: 'ada@example.com', age: '36' as never };
    // #region dispatch
    await commands.dispatch(new CreateUser(body.email, body.age)); // the handler gets the age as a number
    const refused = commands.dispatch(new RenameUser('x')); // rejects with MessageValidationException
    // #endregion
    await expect(refused).rejects.toThrow(MessageValidationException);
    await expect(commands.dispatch(new RenameUser('x'), { fromOutside: true })).rejects.toThrow(/name/);
    expect(handled).toEqual([new CreateUser('ada@example.com', 36)]);
  });

  it('the very message arrives where nothing changes, else a frozen or open copy of it', async () => {
    await using app = await start(CqrsModule.forRoot());
    const commands = app.get(CommandBus);
    const [same, frozen] = [new RenameUser('Ada'), Object.freeze(new RenameUser(' Ada '))];
    await commands.dispatch(same);
    await commands.dispatch(frozen);
    expect(handled[0]).toBe(same);
    expect(handled[1]).not.toBe(frozen);
    expect(handled[1]).toEqual(new RenameUser('Ada'));
    expect(Object.isFrozen(handled[1])).toBe(true);
  });

  it('a copy has symbol fields and nested instances, but no #private fields, and says so', async () => {
    const note = Symbol('note');
    class Money {
      constructor(readonly cents: number) {}
    }
    class Pay extends Command {
      static readonly schema = z.object({ money: z.object({ cents: z.coerce.number() }) });
      readonly [note] = 'kept';
      readonly #secret = 1;

      constructor(readonly money: Money) {
        super();
      }

      get secret() {
        return this.#secret;
      }
    }
    const commands = new CommandBus();
    const seen: unknown[] = [];
    commands.register(Pay, pay => {
      seen.push(pay.money, pay[note]);
      return pay.secret as never;
    });
    const money = new Money(5);
    await commands.dispatch(new Pay(money));
    expect(seen[0]).toBe(money);
    const copied = commands.dispatch(new Pay(new Money('7' as never)));
    await expect(copied).rejects.toThrow(/the copy that it made has no #private fields/);
    await expect(copied).rejects.toThrow(TypeError);
    expect(seen.slice(2)).toEqual([new Money(7), 'kept']);
    expect(seen[2]).toBeInstanceOf(Money);
  });

  it('only messages from outside are, where the options say so', async () => {
    // #region only-outside
    const module = CqrsModule.forRoot({ validation: { on: 'outside' } });
    // #endregion
    await using app = await start(module);
    const commands = app.get(CommandBus);
    const body = { email: 'ada@example.com', age: '36' as never };
    // #region outside
    await commands.dispatch(new CreateUser(body.email, body.age), { fromOutside: true });
    // #endregion
    expect(handled).toEqual([new CreateUser('ada@example.com', 36)]);
    const invalid = { meta: { name: 'RenameUser' }, payload: { name: ' x ' } };
    // #region envelope
    const { payload, dispatchOptions } = app.get(MessageCatalog).fromJSON(invalid);
    const received = commands.dispatch(payload, dispatchOptions); // rejects with MessageValidationException
    // #endregion
    await expect(received).rejects.toThrow(MessageValidationException);
    await commands.dispatch(new RenameUser('x'));
    expect(handled).toHaveLength(2);
  });

  it('none is, where the options say so', async () => {
    await using app = await start(CqrsModule.forRoot({ validation: { on: 'none' } }));
    await app.get(CommandBus).dispatch(new RenameUser('x'), { fromOutside: true });
    expect(handled).toHaveLength(1);
  });

  it('a bus without Nest validates by schemas', async () => {
    const renamed: string[] = [];
    // #region standalone
    const commands = new CommandBus();
    commands.register(RenameUser, ({ name }) => renamed.push(name));
    const refused = commands.dispatch(new RenameUser('x')); // rejects with MessageValidationException
    // #endregion
    await expect(refused).rejects.toThrow(MessageValidationException);
    await commands.dispatch(new RenameUser(' Ada '));
    expect(renamed).toEqual(['Ada']);
  });

  it('validators of other libraries are asked for', async () => {
    // #region with
    const module = CqrsModule.forRoot({ validation: { with: [classValidator()] } });
    // #endregion
    await using app = await start(module);
    await scenario(app)
      .when(new InviteUser('x'))
      .fails(/email: email must be an email/);
    await scenario(app).when(new RenameUser('x')).fails(MessageValidationException);
    await using without = await start(CqrsModule.forRoot());
    await without.get(CommandBus).dispatch(new InviteUser('x'));
    expect(handled).toEqual([new InviteUser('x')]);
  });

  it('a message can be validated by hand', async () => {
    // #region by-hand
    const command = await validateMessage(new RenameUser('  Ada  '));
    // #endregion
    expect(command).toEqual(new RenameUser('Ada'));
  });
});
