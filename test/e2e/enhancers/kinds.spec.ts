import {
  Catch,
  ForbiddenException,
  Inject,
  Injectable,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { IsEmail } from 'class-validator';
import { catchError, from, map, of, type Observable } from 'rxjs';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  MessageContext,
  Query,
  QueryHandler,
  StreamQuery,
} from '../../../lib/index.js';
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Invite extends Command<string> {
  @IsEmail()
  readonly email: string;
  constructor(email: string) {
    super();
    this.email = email;
  }
}
class Guests extends Query<string[]> {}
class EveryGuest extends StreamQuery<number> {}
class Invited extends Event {}

@Injectable()
class Journal {
  readonly lines: unknown[] = [];
}

@Injectable()
class JournalGuard implements CanActivate {
  constructor(
    @Inject(Journal) readonly journal: Journal,
    @Inject(Reflector) readonly reflector: Reflector,
  ) {}
  canActivate(context: ExecutionContext) {
    const role = this.reflector.getAllAndOverride<string>('role', [context.getHandler(), context.getClass()]);
    const [message, messageContext] = context.getArgs<[object, MessageContext]>();
    this.journal.lines.push({
      type: context.getType<string>(),
      class: context.getClass().name,
      handler: context.getHandler().name,
      message,
      isContext: messageContext instanceof MessageContext,
      role,
    });
    return role !== 'nobody';
  }
}

@Injectable()
class SuffixInterceptor implements NestInterceptor {
  constructor(@Inject('SUFFIX') readonly suffix: string) {}
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(value => `${String(value)}${this.suffix}`));
  }
}

const run = async (...handlers: Provider[]) => {
  const started = await start({
    imports: [CqrsModule.forRoot()],
    providers: [Journal, { provide: 'SUFFIX', useValue: '!' }, ...handlers],
  });
  return { ...started, lines: started.app.get(Journal).lines };
};

describe('Guards', () => {
  @SetMetadata('role', 'host')
  @UseGuards(JournalGuard)
  @CommandHandler(Invite)
  class InviteHandler {
    execute({ email }: Invite) {
      return Promise.resolve(email);
    }
  }

  it('on a handler class see the message and its context, in an execution context of type cqrs', async () => {
    const { commands, lines } = await run(InviteHandler);
    const message = new Invite('ann@example.com');
    expect(await commands.execute(message)).toBe('ann@example.com');
    expect(lines).toEqual([
      { type: 'cqrs', class: 'InviteHandler', handler: 'execute', message, isContext: true, role: 'host' },
    ]);
  });

  it('on a method read the metadata of the method, and refuse with ForbiddenException', async () => {
    class Party {
      @SetMetadata('role', 'nobody')
      @UseGuards(JournalGuard)
      @CommandHandler(Invite)
      invite() {
        return Promise.resolve('never');
      }
      @QueryHandler(Guests)
      guests() {
        return ['unguarded'];
      }
    }
    const { commands, queries, lines } = await run(Party);
    await expect(commands.execute(new Invite('x'))).rejects.toBeInstanceOf(ForbiddenException);
    expect(lines).toEqual([expect.objectContaining({ handler: 'invite', role: 'nobody' })]);
    expect(await queries.ask(new Guests())).toEqual(['unguarded']);
    expect(lines).toHaveLength(1);
  });

  it('on an event handler report what they refuse and leave other handlers alone', async () => {
    const handled: string[] = [];
    class Reactions {
      @SetMetadata('role', 'nobody')
      @UseGuards(JournalGuard)
      @EventsHandler(Invited)
      guarded() {
        handled.push('guarded');
      }
      @EventsHandler(Invited)
      free() {
        handled.push('free');
      }
    }
    const { app } = await run(Reactions);
    const { failures } = await track(app, { failures: 'collect' }).publish(new Invited());
    expect(handled).toEqual(['free']);
    expect(failures).toMatchObject([
      { error: expect.any(ForbiddenException), handler: { name: 'Reactions.guarded', module: 'RootTestModule' } },
    ]);
  });

  it('may be instances', async () => {
    @UseGuards({ canActivate: () => false })
    @CommandHandler(Invite)
    class Closed {
      execute() {
        return Promise.resolve('never');
      }
    }
    const { app } = await run(Closed);
    await scenario(app).when(new Invite('x')).fails(ForbiddenException);
  });
});

describe('Interceptors', () => {
  it('are injected and change the result', async () => {
    @UseInterceptors(SuffixInterceptor)
    @CommandHandler(Invite)
    class InviteHandler {
      execute({ email }: Invite) {
        return Promise.resolve(email);
      }
    }
    const { commands } = await run(InviteHandler);
    expect(await commands.execute(new Invite('ann'))).toBe('ann!');
  });

  it('recover from errors and answer without the handler', async () => {
    let calls = 0;
    const recover: NestInterceptor = {
      intercept: (_context, next) => next.handle().pipe(catchError(error => of(`no: ${(error as Error).message}`))),
    };
    const answer: NestInterceptor = { intercept: () => of(['from the cache']) };
    class Party {
      @UseInterceptors(recover)
      @CommandHandler(Invite)
      invite(): Promise<string> {
        calls += 1;
        throw new Error('full');
      }
      @UseInterceptors(answer)
      @QueryHandler(Guests)
      guests(): string[] {
        calls += 1;
        return [];
      }
    }
    const { app } = await run(Party);
    await scenario(app).when(new Invite('x')).answers('no: full');
    await scenario(app).when(new Guests()).answers(['from the cache']);
    expect(calls).toBe(1);
  });

  it('let all rows of a stream query through', async () => {
    const around: unknown[] = [];
    const note: NestInterceptor = {
      intercept: (_context, next) => (around.push('before'), next.handle()),
    };
    class Party {
      @UseInterceptors(note)
      @QueryHandler(EveryGuest)
      every() {
        return from([1, 2, 3]);
      }
    }
    const { app } = await run(Party);
    await scenario(app).when(new EveryGuest()).answers([1, 2, 3]);
    expect(around).toEqual(['before']);
  });
});

describe('Pipes', () => {
  it('validate the message', async () => {
    @UsePipes(new ValidationPipe())
    @CommandHandler(Invite)
    class InviteHandler {
      execute(command: Invite) {
        return Promise.resolve(`invited ${command.email}`);
      }
    }
    const { commands } = await run(InviteHandler);
    expect(await commands.execute(new Invite('ann@example.com'))).toBe('invited ann@example.com');
    await expect(commands.execute(new Invite('nobody'))).rejects.toMatchObject({ status: 400 });
  });

  it('change the message, and the handler that declares the context gets the one of each dispatch', async () => {
    @Injectable()
    class Lowercase implements PipeTransform {
      constructor(@Inject('SUFFIX') readonly suffix: string) {}
      transform({ email }: Invite) {
        return new Invite(`${email.toLowerCase()}${this.suffix}`);
      }
    }
    class Party {
      @UsePipes(Lowercase)
      @CommandHandler(Invite)
      invite({ email }: Invite, context: MessageContext) {
        return Promise.resolve(`${email} ${context.messageId}`);
      }
    }
    const { commands } = await run(Party);
    const invite = (email: string, messageId: string) => commands.execute(new Invite(email), { messageId });
    expect(await Promise.all([invite('ANN', '1'), invite('BOB', '2')])).toEqual(['ann! 1', 'bob! 2']);
  });
});

describe('Filters', () => {
  it('turn an error into a result, and leave other errors as they are', async () => {
    class FullError extends Error {}
    @Catch(FullError)
    class FullFilter implements ExceptionFilter {
      constructor(@Inject('SUFFIX') readonly suffix: string) {}
      catch(error: FullError, host: ArgumentsHost) {
        return `${host.getType<string>()} ${error.message}${this.suffix}`;
      }
    }
    const other = new Error('other');
    class Party {
      @UseFilters(FullFilter)
      @CommandHandler(Invite)
      invite({ email }: Invite): Promise<string> {
        throw email === 'full' ? new FullError('full') : other;
      }
    }
    const { commands } = await run(Party);
    expect(await commands.execute(new Invite('full'))).toBe('cqrs full!');
    await expect(commands.execute(new Invite('else'))).rejects.toBe(other);
  });
});
