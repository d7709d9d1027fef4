import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { CreateUser } from './create-user.js';
import { GetUser } from './get-user.js';
import type { User } from './user.store.js';

@Controller('users')
export class UsersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  async create(@Body() { id, email }: User): Promise<User> {
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
