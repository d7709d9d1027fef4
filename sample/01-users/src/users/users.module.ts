import { Module } from '@nestjs/common';
import { CqrsModule } from 'nestjs-cqrs';
import { DatabaseModule } from '../database/database.module.js';
import { CreateUserHandler } from './commands/create-user.handler.js';
import { WelcomeUserHandler } from './events/welcome-user.handler.js';
import { GetUserHandler } from './queries/get-user.handler.js';
import { UserStore } from './user.store.js';
import { UsersController } from './users.controller.js';

@Module({
  imports: [CqrsModule, DatabaseModule],
  controllers: [UsersController],
  providers: [UserStore, CreateUserHandler, GetUserHandler, WelcomeUserHandler],
})
export class UsersModule {}
