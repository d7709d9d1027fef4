import { ClientNats, ClientTCP } from '@nestjs/microservices';
import { CommandBus, MessageContext, QueryBus, route } from 'nestjs-cqrs';
import { microservice } from 'nestjs-cqrs/microservices';
import { lastValueFrom } from 'rxjs';
import { withCqrs } from './applications.mjs';
import { inFlight } from './callers.mjs';
import { Charge, PAYLOADS, Rows } from './remote-messages.mjs';
import { places, server } from './remote-places.mjs';

const CLIENTS = { tcp: ClientTCP, nats: ClientNats };

/** Calls until both processes have compiled what they run. */
const WARM_UP = 20_000;

const check = (answer, { amount }) => {
  if (answer.amount !== amount || answer.accepted !== true) throw new Error('That is not the answer.');
};

async function bareClient(engine) {
  const address = await places[engine]();
  await server('bare', engine, address);
  return new CLIENTS[engine](address);
}

async function application(engine) {
  const address = await places[engine]();
  await server('nestjs-cqrs', engine, address);
  const client = new CLIENTS[engine](address);
  return withCqrs([], { routes: [route('bench.*').to(microservice('bench', client))], messages: [Charge, Rows] });
}

/** `ClientProxy.send`. */
export const bare = (engine, payload, count) => async () => {
  const client = await bareClient(engine);
  const fields = PAYLOADS[payload];
  return inFlight(count, async () => check(await lastValueFrom(client.send('bench.charge', fields)), fields), WARM_UP);
};

/** `ClientProxy.send` of the frames of this package: the bytes are equal, the work on them is none. */
export const bareFrames = (engine, payload, count) => async () => {
  const client = await bareClient(engine);
  const fields = PAYLOADS[payload];
  const context = new MessageContext('command', Charge, { name: 'bench' });
  const id = context.messageId;
  const meta = { name: 'bench.charge', version: 1, headers: {}, id, time: context.timestamp, correlationId: id };
  const frame = { kind: 'command', envelope: { meta, payload: fields }, timeout: 5000, expires: Date.now() + 5000 };
  const send = async () =>
    check((await lastValueFrom(client.send('bench.frame', { ...frame, cancellable: true }))).value, fields);
  return inFlight(count, send, WARM_UP);
};

/** A command that a route sends. */
export const remote = (engine, payload, count) => async () => {
  const commands = (await application(engine)).get(CommandBus);
  const fields = PAYLOADS[payload];
  return inFlight(count, async () => check(await commands.execute(new Charge(fields)), fields), WARM_UP);
};

const ROWS = 2000;

/** An Observable that a `@MessagePattern` returns. */
export const bareRows = engine => async () => {
  const client = await bareClient(engine);
  return rowTurns(async () => {
    let read = 0;
    await new Promise((complete, error) =>
      client.send('bench.rows', { count: ROWS }).subscribe({ next: () => (read += 1), complete, error }),
    );
    return read;
  });
};

/** A `StreamQuery` that a route sends. */
export const remoteRows = engine => async () => {
  const queries = (await application(engine)).get(QueryBus);
  return rowTurns(async () => {
    let read = 0;
    for await (const row of queries.stream(new Rows(ROWS))) read += row.account === undefined ? 0 : 1;
    return read;
  });
};

async function rowTurns(read) {
  const turn = async () => {
    const start = performance.now();
    if ((await read()) !== ROWS) throw new Error('Rows are missing.');
    return (performance.now() - start) / ROWS;
  };
  for (let rows = 0; rows < 3 * WARM_UP; rows += ROWS) await turn();
  return Object.assign(turn, { once: true });
}
