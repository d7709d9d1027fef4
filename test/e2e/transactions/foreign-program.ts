import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClsPluginTransactional,
  Propagation,
  Transactional as ClsTransactional,
  TransactionHost,
} from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsException,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
} from 'nestjs-cqrs';
import { PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// Services that open transactions with nestjs-cls itself, called within units of work. Prints what is left of each. Called
// with the URL of PostgreSQL and the name of a schema.

const [connectionString = '', schema = ''] = process.argv.slice(2);
const pool = new Pool({ connectionString, max: 3 });
pool.on('error', () => undefined);
await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.rows (text text)`);

type Script = (service: Service) => Promise<unknown>;

@Transactional()
class Whole extends Command {
  constructor(readonly script: Script) {
    super();
  }
}

class Told extends Event {
  constructor(readonly name: string) {
    super();
  }
}

const handled: string[] = [];

@Injectable()
class Service {
  constructor(
    readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
    readonly events: EventBus,
  ) {}

  async save(name: string) {
    await this.host.tx.query(`INSERT INTO ${schema}.rows VALUES ($1)`, [name]);
    await this.events.publish(new Told(name));
  }

  @ClsTransactional(Propagation.Required)
  required(script: Script) {
    return script(this);
  }

  @ClsTransactional(Propagation.RequiresNew)
  requiresNew(script: Script) {
    return script(this);
  }

  @ClsTransactional(Propagation.Nested)
  nested(script: Script) {
    return script(this);
  }
}

@Injectable()
class Handlers {
  constructor(private readonly service: Service) {}

  @CommandHandler(Whole)
  async whole({ script }: Whole) {
    await script(this.service);
  }

  @EventsHandler(Told)
  told({ name }: Told) {
    handled.push(name);
  }
}

@Module({ providers: [{ provide: Pool, useValue: pool }], exports: [Pool] })
class DatabaseModule {}

const adapter = new PgTransactionalAdapter({ poolToken: Pool });

@Module({
  imports: [
    ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports: [DatabaseModule], adapter })] }),
    CqrsModule.forRoot({ unitOfWork: transactional() }),
  ],
  providers: [Service, Handlers],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });

async function leftOf(script: Script): Promise<{ end: string; rows: string[]; handled: string[] }> {
  const end = await app
    .get(CommandBus)
    .dispatch(new Whole(script))
    .then(() => 'done', String);
  const { rows } = await pool.query<{ text: string }>(`DELETE FROM ${schema}.rows RETURNING text`);
  return { end, rows: rows.map(({ text }) => text).toSorted(), handled: handled.splice(0).toSorted() };
}

const ignore = () => undefined;
const refuse = () => Promise.reject(new Error('refused'));
const savingAnd = (name: string, end: Script) => async (service: Service) => {
  await service.save(name);
  await end(service);
};
const none: Script = async () => undefined;

/** What code that was left running in a savepoint can do after the transaction. */
async function leftRunning() {
  let goOn!: () => void;
  const asked = new Promise<void>(resolve => (goOn = resolve));
  let left!: Promise<unknown>;
  let later!: Promise<unknown>;
  const first = await leftOf(service =>
    service.nested(async () => {
      const { tx } = service.host;
      left = asked.then(() => service.save('left')).catch((error: unknown) => error);
      later = asked.then(() => tx.query('SELECT 1')).catch((error: unknown) => error);
      await sleep(1);
    }),
  );
  // It has the connection that the code has kept: there is no other.
  const second = await leftOf(async service => {
    goOn();
    await left;
    await later;
    await service.save('second');
    throw new Error('refused');
  });
  return { first, second, left: String(await left), later: String(await later) };
}

/** What a command whose handler has caught the error of a statement says. */
const swallowed = await app
  .get(CommandBus)
  .dispatch(new Whole(({ host }) => host.tx.query('SELECT 1 / 0').catch(ignore)))
  .catch(({ code, where, message, cause }: CqrsException) => ({ code, where, message, cause: String(cause) }));

const outcomes = {
  swallowed,
  required: await leftOf(savingAnd('outer', service => service.required(savingAnd('inner', none)))),
  newFails: await leftOf(savingAnd('outer', service => service.requiresNew(savingAnd('inner', refuse)).catch(ignore))),
  newThenFails: await leftOf(
    savingAnd('outer', async service => {
      await service.requiresNew(savingAnd('inner', none));
      await refuse();
    }),
  ),
  nestedFails: await leftOf(savingAnd('outer', service => service.nested(savingAnd('inner', refuse)).catch(ignore))),
  nested: await leftOf(savingAnd('outer', service => service.nested(savingAnd('inner', none)))),
  afterNested: await leftOf(async service => {
    let left: Promise<unknown> | undefined;
    await service.nested(async () => void (left = sleep(5).then(() => service.events.publish(new Told('left')))));
    await left;
  }),
  leftRunning: await leftRunning(),
};
process.stdout.write(JSON.stringify(outcomes), () => process.exit());
