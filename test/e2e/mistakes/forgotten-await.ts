import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Command, CommandBus, CommandHandler, CqrsModule } from 'nestjs-cqrs';

class CreateUser extends Command {}

@CommandHandler(CreateUser)
class CreateUserHandler {
  async execute(_command: CreateUser): Promise<void> {
    throw new Error('the name is taken');
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
void app.get(CommandBus).dispatch(new CreateUser());
