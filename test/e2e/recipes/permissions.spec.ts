import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Param,
  Post,
  Req,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { REQUEST, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  header,
  type MessageContext,
  type Next,
  Saga,
  UseMiddleware,
} from 'nestjs-cqrs';
import request from 'supertest';
import { scenario, track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';

// #region user
interface User {
  readonly name: string;
  readonly permissions: readonly string[];
}

/** Goes along with everything that a message causes, but cannot come from outside of the process. */
const user = header<User>('user', { travels: 'in-process' });

const RequiresPermission = Reflector.createDecorator<string>();
// #endregion

// #region message
@RequiresPermission('orders:cancel')
class CancelOrder extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
// #endregion

// #region middleware
@Injectable()
class PermissionMiddleware implements CqrsMiddleware {
  constructor(private readonly reflector: Reflector) {}

  wraps(type: new (...args: never[]) => object) {
    return this.reflector.get(RequiresPermission, type) !== undefined;
  }

  intercept(message: object, next: Next, context: MessageContext) {
    const needed = this.reflector.get(RequiresPermission, context.type);
    if (context.header(user)?.permissions.includes(needed)) return next(message);
    throw new ForbiddenException(`${context.type.name} needs the permission ${needed}.`);
  }
}
// #endregion

const USERS: Record<string, User> = {
  ada: { name: 'ada', permissions: ['orders:cancel'] },
  bob: { name: 'bob', permissions: [] },
};
type AuthenticatedRequest = { user: User; headers: Record<string, string> };

/** Takes the place of the authentication of an application. */
@Injectable()
class Authentication implements CanActivate {
  canActivate(execution: ExecutionContext) {
    const incoming = execution.switchToHttp().getRequest<AuthenticatedRequest>();
    incoming.user = USERS[incoming.headers['authorization'] ?? '']!;
    return incoming.user !== undefined;
  }
}

// #region controller
@Controller('orders')
@UseGuards(Authentication) // sets request.user
class OrdersController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/cancel')
  async cancel(@Param('id') id: string, @Req() request: AuthenticatedRequest) {
    await this.commands.dispatch(new CancelOrder(id), { headers: user.of(request.user) });
  }
}
// #endregion

class CustomerLeft extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}

@Injectable()
class Orders {
  readonly cancelled: string[] = [];

  @CommandHandler(CancelOrder)
  cancel({ orderId }: CancelOrder) {
    this.cancelled.push(orderId);
  }

  @Saga(CustomerLeft)
  cancelAll({ orderId }: CustomerLeft) {
    return new CancelOrder(orderId);
  }
}

const serve = async (
  controller: typeof OrdersController | typeof ScopedController,
  providers: (new (...args: never[]) => object)[],
) => {
  const moduleRef = await Test.createTestingModule({
    // #region module
    imports: [CqrsModule.forRoot({ middleware: [PermissionMiddleware] })],
    // #endregion
    controllers: [controller],
    providers: [PermissionMiddleware, Authentication, ...providers],
  }).compile();
  const app = moduleRef.createNestApplication();
  await app.init();
  const post = (path: string, as: string) => request(app.getHttpServer()).post(path).set('authorization', as);
  return { app, post };
};

// #region scoped
@Injectable({ scope: Scope.REQUEST })
class RequestUserMiddleware implements CqrsMiddleware {
  constructor(@Inject(REQUEST) private readonly request: { user?: User }) {}

  intercept(message: object, next: Next) {
    if (this.request.user?.permissions.includes('orders:refund')) return next(message);
    throw new ForbiddenException('You may not refund orders.');
  }
}

@UseMiddleware(RequestUserMiddleware)
class RefundOrder extends Command {}

@Controller('refunds')
@UseGuards(Authentication)
class ScopedController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  async refund(@Req() request: object) {
    await this.commands.dispatch(new RefundOrder(), { asyncContext: new AsyncContext(request) });
  }
}
// #endregion

@Injectable()
class Refunds {
  count = 0;

  @CommandHandler(RefundOrder)
  refund() {
    this.count += 1;
  }
}

describe('docs/recipes/permissions.md: from a header of the context', () => {
  it('answers 403 to a user without the permission, and does nothing then', async () => {
    const { app, post } = await serve(OrdersController, [Orders]);
    expect((await post('/orders/o1/cancel', 'ada')).status).toBe(201);
    const { status, body } = await post('/orders/o2/cancel', 'bob');
    expect({ status, body }).toEqual({
      status: 403,
      body: { statusCode: 403, error: 'Forbidden', message: 'CancelOrder needs the permission orders:cancel.' },
    });
    expect(app.get(Orders).cancelled).toEqual(['o1']);
    await app.close();
  });

  const run = () =>
    start({
      imports: [CqrsModule.forRoot({ middleware: [PermissionMiddleware] })],
      providers: [PermissionMiddleware, Orders],
    });

  it('refuses who is unknown, and a header of that name that came from outside', async () => {
    const { app, commands } = await run();
    await scenario(app).when(new CancelOrder('o1')).fails(ForbiddenException);
    const headers = { user: USERS['ada'] };
    await expect(commands.dispatch(new CancelOrder('o1'), { headers })).rejects.toThrow(ForbiddenException);
    expect(app.get(Orders).cancelled).toEqual([]);
  });

  it('knows the user in what a message causes', async () => {
    const { app } = await run();
    const { executed } = await track(app).publish(new CustomerLeft('o1'), { headers: user.of(USERS['ada']!) });
    expect(executed.messages).toEqual([new CancelOrder('o1')]);
    expect(app.get(Orders).cancelled).toEqual(['o1']);
  });

  it('lets a job say who it is', async () => {
    const { app, commands } = await run();
    // #region job
    const job = new ContextOrigin({ headers: user.of({ name: 'nightly job', permissions: ['orders:cancel'] }) });
    await commands.dispatch(new CancelOrder('o1'), job);
    // #endregion
    expect(app.get(Orders).cancelled).toEqual(['o1']);
  });

  it('wraps only the messages that need a permission', async () => {
    const { app } = await run();
    const middleware = app.get(PermissionMiddleware);
    expect([CancelOrder, RefundOrder].map(type => middleware.wraps(type))).toEqual([true, false]);
  });
});

describe('docs/recipes/permissions.md: from the request', () => {
  it('answers 403 to a user without the permission', async () => {
    USERS['cleo'] = { name: 'cleo', permissions: ['orders:refund'] };
    const { app, post } = await serve(ScopedController, [RequestUserMiddleware, Refunds]);
    expect((await post('/refunds', 'cleo')).status).toBe(201);
    expect((await post('/refunds', 'bob')).status).toBe(403);
    expect(app.get(Refunds).count).toBe(1);
    await app.close();
  });
});
