import { ConsoleLogger, Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  logMessages,
} from 'nestjs-cqrs';

class CreateUser extends Command<string> {
  constructor(
    readonly email: string,
    readonly password: string,
  ) {
    super();
  }
}

class UserCreated extends Event {
  constructor(readonly userId: string) {
    super();
  }
}

@Injectable()
class Users {
  constructor(private readonly events: EventBus) {}

  @CommandHandler(CreateUser)
  async create(command: CreateUser): Promise<string> {
    await this.events.publish(new UserCreated(command.email));
    return 'u1';
  }

  @EventsHandler(UserCreated)
  welcome(): void {
    throw new Error('The mail server is away.');
  }
}

// #region module
const cqrs = CqrsModule.forRoot({
  propagateContext: true,
  middleware: [logMessages({ level: 'log', slow: 500, fields: ['email', 'password'] })],
});
// #endregion module

/** What an application prints that handles one command. */
async function printed(logger: ConsoleLogger): Promise<string[]> {
  const lines: string[] = [];
  const write = (text: string | Uint8Array): boolean => lines.push(String(text)) > 0;
  jest.spyOn(process.stdout, 'write').mockImplementation(write);
  jest.spyOn(process.stderr, 'write').mockImplementation(write);
  class AppModule {}
  const app = await NestFactory.createApplicationContext(
    { module: AppModule, imports: [cqrs], providers: [Users] },
    { logger },
  );
  await app.get(CommandBus).execute(new CreateUser('a@b.c', 'hunter2'));
  await app.close();
  jest.restoreAllMocks();
  return lines.filter(line => line.includes('Messages'));
}

describe('the guide on watching an application', () => {
  afterEach(() => jest.restoreAllMocks());

  it('shows a line for each message, with its cause', async () => {
    const lines = await printed(new ConsoleLogger({ colors: false }));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /WARN \[Messages\] event UserCreated → Users\.welcome {2}\d+\.\d ms {2}failed: Error: The mail server is away\. {2}\[(\S+) < \1\]/,
    );
    expect(lines[1]).toMatch(
      /LOG \[Messages\] command CreateUser → Users\.create {2}\d+\.\d ms {2}ok {2}\{ email: 'a@b\.c', password: '\[redacted\]' \} {2}\[\S+\]/,
    );
  });

  it('shows the same as JSON', async () => {
    const lines = await printed(new ConsoleLogger({ json: true }));
    expect(lines.map(line => (JSON.parse(line) as { message: object }).message)).toMatchObject([
      { kind: 'event', type: 'UserCreated', outcome: 'failed', error: { message: 'The mail server is away.' } },
      { kind: 'command', type: 'CreateUser', handler: 'Users.create', module: 'AppModule', outcome: 'ok' },
    ]);
  });
});
