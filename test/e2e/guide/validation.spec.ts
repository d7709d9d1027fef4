import { Test } from '@nestjs/testing';
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

const start = async (module: ReturnType<typeof CqrsModule.forRoot>) => {
  const moduleRef = await Test.createTestingModule({ imports: [module], providers: [Users] }).compile();
  return moduleRef.init();
};

describe('docs/validation.md', () => {
  beforeEach(() => void (handled.length = 0));

  it('messages from outside are validated', async () => {
    const app = await start(CqrsModule.forRoot());
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
    await app.close();
  });

  it('all messages are, where the options say so, each once', async () => {
    // #region all
    const module = CqrsModule.forRoot({ validation: { on: 'all', with: [classValidator()] } });
    // #endregion
    const app = await start(module);
    const commands = app.get(CommandBus);
    await expect(commands.dispatch(new RenameUser('x'))).rejects.toThrow(MessageValidationException);
    await expect(commands.dispatch(new InviteUser('x'))).rejects.toThrow(/email: email must be an email/);
    await commands.dispatch(new RenameUser(' Ada '), { fromOutside: true });
    expect(handled).toEqual([new RenameUser('Ada')]);
    await app.close();
  });

  it('none is, where the options say so', async () => {
    const app = await start(CqrsModule.forRoot({ validation: { on: 'none' } }));
    await app.get(CommandBus).dispatch(new RenameUser('x'), { fromOutside: true });
    expect(handled).toHaveLength(1);
    await app.close();
  });

  it('validators of other libraries serve messages from outside too', async () => {
    const app = await start(CqrsModule.forRoot({ validation: { with: [classValidator()] } }));
    const commands = app.get(CommandBus);
    await commands.dispatch(new InviteUser('x'));
    const outside = commands.dispatch(new InviteUser('x'), { fromOutside: true });
    await expect(outside).rejects.toThrow(MessageValidationException);
    await app.close();
  });

  it('a message can be validated by hand', async () => {
    // #region by-hand
    const command = await validateMessage(new RenameUser('  Ada  '));
    // #endregion
    expect(command).toEqual(new RenameUser('Ada'));
  });
});
