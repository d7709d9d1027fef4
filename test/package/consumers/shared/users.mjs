import assert from 'node:assert/strict';

/** Starts the application of users.ts, written as a compiler would: the consumers of plain Node have none. */
export async function runApp(common, core, cqrs) {
  const { AppModule, CreateUser, GetUserEmail } = defineApp(common, cqrs);
  const app = await core.NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  await app.get(cqrs.CommandBus).dispatch(new CreateUser('u1', 'u1@example.com'));
  assert.equal(await app.get(cqrs.QueryBus).ask(new GetUserEmail('u1')), 'u1@example.com');
  await app.close();
}

/** Two copies of one class in a process would make `instanceof` and Nest's injection fail: no entry point may have them. */
export async function assertOneCopy(require) {
  const manifest = require('nestjs-cqrs/package.json');
  const entries = Object.keys(manifest.exports).filter(
    entry => !entry.endsWith('.json') && !entry.includes('*') && !OF_RUNNERS.includes(entry),
  );
  for (const entry of entries) {
    const specifier = entry.replace('.', 'nestjs-cqrs');
    if (lacksItsPeer(require, manifest, entry)) continue;
    const required = require(specifier);
    const imported = await import(specifier);
    const names = Object.keys(imported).filter(name => name !== 'default' && name !== 'module.exports');
    assert.ok(names.length > 0, `${specifier} exports nothing`);
    for (const name of names) {
      assert.equal(required[name], imported[name], `${name} of ${specifier} differs between require and import`);
    }
  }
}

/** They extend the `expect()` of a runner, within which alone they can be loaded. */
const OF_RUNNERS = ['./testing/jest', './testing/vitest'];

/** Entry points of engines are named after their one peer, which is optional and may not be installed, but for these. */
const PEERS = { cache: 'bentocache', opentelemetry: '@opentelemetry/api', transactional: '@nestjs-cls/transactional' };

function lacksItsPeer(require, manifest, entry) {
  const name = entry.slice('./'.length);
  const peer = PEERS[name] ?? name;
  if (!manifest.peerDependenciesMeta?.[peer]?.optional) return false;
  try {
    require.resolve(peer);
    return false;
  } catch {
    return true;
  }
}

function defineApp({ Module }, cqrs) {
  class CreateUser extends cqrs.Command {
    constructor(userId, email) {
      super();
      this.userId = userId;
      this.email = email;
    }
  }

  class GetUserEmail extends cqrs.Query {
    constructor(userId) {
      super();
      this.userId = userId;
    }
  }

  class Users {
    emails = new Map();

    emailOf(query) {
      return this.emails.get(query.userId) ?? null;
    }
  }
  const emailOf = Object.getOwnPropertyDescriptor(Users.prototype, 'emailOf');
  cqrs.QueryHandler(GetUserEmail)(Users.prototype, 'emailOf', emailOf);

  class CreateUserHandler {
    constructor(users) {
      this.users = users;
    }

    async execute(command) {
      this.users.emails.set(command.userId, command.email);
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Users], CreateUserHandler);
  cqrs.CommandHandler(CreateUser)(CreateUserHandler);

  class AppModule {}
  Module({ imports: [cqrs.CqrsModule.forRoot()], providers: [Users, CreateUserHandler] })(AppModule);

  return { AppModule, CreateUser, GetUserEmail };
}
