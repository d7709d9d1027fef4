import { Module } from '@nestjs/common';
import { CqrsModule } from 'nestjs-cqrs';
import { CreateUserHandler } from './users/create-user.js';
import { GetUserHandler } from './users/get-user.js';
import { WelcomeUserHandler } from './users/user-created.js';
import { UserStore } from './users/user.store.js';
import { UsersController } from './users/users.controller.js';

@Module({
  imports: [CqrsModule.forRoot()],
  controllers: [UsersController],
  providers: [UserStore, CreateUserHandler, GetUserHandler, WelcomeUserHandler],
})
export class AppModule {}
