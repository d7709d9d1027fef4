import { Controller, Inject, Injectable, Post, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  MessageContext,
  Saga,
} from '../../../../lib/index.js';
import { start } from '../../../support/application.js';
import { refusalText, textOf } from '../../mistakes/texts.js';
import type { Symptoms } from './symptoms.js';

class CreateUser extends Command<string> {}
class UserCreated extends Event {}

@CommandHandler(CreateUser)
class CreateUserHandler {
  execute(_command: CreateUser) {
    return 'u1';
  }
}

function endlessHandler() {
  @CommandHandler(CreateUser)
  class CreateUserHandler {
    execute(_command: CreateUser) {
      return new Promise<string>(() => undefined);
    }
  }
  return CreateUserHandler;
}

function scopedHandler() {
  @CommandHandler(CreateUser, { scope: Scope.REQUEST })
  class CreateUserHandler {
    constructor(@Inject(REQUEST) private readonly request: { user: { id: string } }) {}

    execute(_command: CreateUser) {
      return this.request.user.id;
    }
  }
  return CreateUserHandler;
}

/** A file that is loaded twice has two classes, of which one has the handler. */
function loadedTwice() {
  const load = () => {
    class CreateUser extends Command<string> {}
    return CreateUser;
  };
  const [known, sent] = [load(), load()];
  @CommandHandler(known)
  class CreateUserHandler {
    execute() {
      return 'u1';
    }
  }
  return { handler: CreateUserHandler, sent };
}

@EventsHandler(UserCreated)
class SendWelcomeMail {
  handle(_event: UserCreated) {
    throw new Error('The mail server is down.');
  }
}

@Injectable()
class Session {}

@Injectable()
class WelcomeSagas {
  constructor(readonly session: Session) {}

  @Saga(UserCreated)
  onCreated(_event: UserCreated) {
    return new CreateUser();
  }
}

@Controller('users')
class UsersController {
  @Post()
  @CommandHandler(CreateUser)
  create() {
    return 'u1';
  }
}

export const messages: Symptoms = {
  '`No handler found for the command`': async () => {
    const { handler, sent } = loadedTwice();
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [handler] });
    return [await textOf(() => commands.execute(new sent()))];
  },

  '`Cannot POST /users`': async () => {
    const module = await Test.createTestingModule({
      imports: [CqrsModule.forRoot()],
      providers: [UsersController],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    expect(await module.get(CommandBus).execute(new CreateUser())).toBe('u1');
    const { body } = (await request(app.getHttpServer()).post('/users')) as { body: { message: string } };
    await app.close();
    return [body.message];
  },

  '`was sent after the bus had been closed`': async () => {
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler] });
    await app.close();
    return [await textOf(() => commands.execute(new CreateUser()))];
  },

  '`did not finish in time`': async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot({ timeout: 50 })], providers: [endlessHandler()] });
    return [await textOf(() => commands.execute(new CreateUser()))];
  },

  '`has a handler already`': async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler] });
    return [await textOf(() => commands.register(CreateUser, () => 'u2'))];
  },

  '`No context is known here`': async () => [await textOf(() => MessageContext.current())],

  '`has thrown an unhandled exception`': async () => {
    const { events, log } = await start({ imports: [CqrsModule.forRoot()], providers: [SendWelcomeMail] });
    await events.publish(new UserCreated());
    return log.errors;
  },

  'A request-scoped handler has no request': async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [scopedHandler()] });
    return [await textOf(() => commands.execute(new CreateUser()))];
  },

  '`is marked as a scoped provider`': async () => {
    const handler = scopedHandler();
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [handler] });
    return [await textOf(() => app.get(handler))];
  },

  '`belongs to a provider that has no single instance`': async () => [
    await refusalText({
      imports: [CqrsModule.forRoot()],
      providers: [WelcomeSagas, { provide: Session, useClass: Session, scope: Scope.REQUEST }],
    }),
  ],

  'Closing the application takes ten seconds': async () => {
    const options = { shutdown: { timeout: 50 } };
    const { app, commands, log } = await start({
      imports: [CqrsModule.forRoot(options)],
      providers: [endlessHandler()],
    });
    void commands.execute(new CreateUser());
    await app.close();
    return log.errors;
  },
};
