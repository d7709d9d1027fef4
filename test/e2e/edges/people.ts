import { Inject, Injectable } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { z } from 'zod';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  HttpContextInterceptor,
  MessageContext,
  MessageValidationFilter,
  Query,
  QueryBus,
  QueryHandler,
  Validate,
} from '../../../lib/index.js';

@Validate(z.object({ name: z.string().min(1), age: z.number().int() }))
export class Register extends Command<string> {
  constructor(
    readonly name: string,
    readonly age: number,
  ) {
    super();
  }
}

/** Answers with the correlation of its dispatch. */
export class Correlation extends Query<string> {}

@Injectable()
export class PeopleHandlers {
  @CommandHandler(Register)
  register(_command: Register, { correlationId }: MessageContext) {
    return correlationId;
  }
  @QueryHandler(Correlation)
  correlation(_query: Correlation, { correlationId }: MessageContext) {
    return correlationId;
  }
}

/** What a controller, a resolver or a gateway does with what it is sent. */
@Injectable()
export class People {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  /** Registers somebody of what was sent, which may lack anything; gives back the correlation of the dispatch. */
  register({ name, age }: { name?: unknown; age?: unknown }): Promise<string> {
    return this.commands.execute(new Register(name as string, age as number), { fromOutside: true });
  }

  correlation(): Promise<string> {
    return this.queries.execute(new Correlation());
  }
}

/** A module whose filter and interceptor are bound for every edge of the application. */
export const edge = {
  imports: [CqrsModule.forRoot()],
  providers: [
    People,
    PeopleHandlers,
    { provide: APP_FILTER, useClass: MessageValidationFilter },
    { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor },
  ],
};

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const TRACE_PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

/** What is wrong with `{ name: '', age: 1.5 }`. */
export const violations = [
  { path: 'name', message: expect.stringContaining('1') as string },
  { path: 'age', message: expect.stringContaining('int') as string },
];
