import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Headers, Inject, Injectable, Module } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { ClsModule, ClsService } from 'nestjs-cls';
import supertest from 'supertest';
import { CqrsModule, HttpContextInterceptor, MessageContext, Query, QueryBus, QueryHandler } from 'nestjs-cqrs';

// Two hundred requests at once to an application that uses nestjs-cls too; prints what each was answered.

interface Answer {
  readonly user: string;
  readonly cls: string;
  readonly correlation: string;
}

class Whoami extends Query<Answer> {}

@Injectable()
class Identity {
  constructor(@Inject(ClsService) private readonly cls: ClsService) {}
  @QueryHandler(Whoami)
  async whoami(_query: Whoami): Promise<Answer> {
    await delay(Math.random() * 3);
    const user = this.cls.get<string>('user');
    return { user, cls: this.cls.getId(), correlation: MessageContext.current().correlationId };
  }
}

@Controller()
class WhoamiController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(ClsService) private readonly cls: ClsService,
  ) {}
  @Get('whoami')
  async whoami(@Headers('x-user') user: string) {
    this.cls.set('user', user);
    const answer = await this.queries.ask(new Whoami());
    return { ...answer, keepsCls: this.cls.getId() === answer.cls };
  }
}

@Module({
  imports: [
    ClsModule.forRoot({ global: true, middleware: { mount: true, generateId: true } }),
    CqrsModule.forRoot({ propagateContext: true }),
  ],
  controllers: [WhoamiController],
  providers: [Identity, { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor }],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const answers = await Promise.all(
  Array.from({ length: 200 }, async (_, i) => {
    const sent = supertest(app.getHttpServer() as Server).get('/whoami');
    return (await sent.set('x-user', `u${i}`).set('x-correlation-id', `c-u${i}`)).body as unknown;
  }),
);
await app.close();
process.stdout.write(JSON.stringify(answers));
