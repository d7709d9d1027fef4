import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, NotFoundException, Param, Post, UseFilters } from '@nestjs/common';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { CreateUser } from './commands/create-user.command.js';
import { CreateUserBody } from './create-user.body.js';
import { GetUser } from './queries/get-user.query.js';
import type { User } from './user.js';
import { UserExistsFilter } from './user-exists.filter.js';

@Controller('users')
@UseFilters(UserExistsFilter)
export class UsersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  async create(@Body() { id = randomUUID(), email }: CreateUserBody): Promise<User> {
    await this.commands.dispatch(new CreateUser(id, email));
    return { id, email };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<User> {
    const user = await this.queries.ask(new GetUser(id));
    if (!user) throw new NotFoundException(`There is no user with the id "${id}".`);
    return user;
  }
}
