import { Logger, Module, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule, Saga, Wiring, type StreamSagaFunction } from '../../index.js';

/** A saga for itself, or one of a provider. */
export interface HostedSaga {
  /** The provider, with its decorators. */
  readonly provider: object;
  /** As flows name the saga. */
  readonly name: string;
}

/** A function that gets the stream, as one of a provider. */
export function hostedFunction(saga: StreamSagaFunction): HostedSaga {
  const method = saga.name === '' ? 'saga' : saga.name;
  class Sagas {}
  const provider: object = Object.assign(new Sagas(), { [method]: saga });
  Saga()(Sagas.prototype, method);
  return { provider, name: `Sagas.${method}` };
}

export const hostedMethod = (provider: object, method: PropertyKey): HostedSaga => ({
  provider,
  name: `${provider.constructor.name}.${String(method)}`,
});

/** An application of one saga, whose commands go nowhere. */
export async function startHost({ provider }: HostedSaga): Promise<INestApplicationContext> {
  @Module({
    // What a saga holds back when the test is over is of no interest, nor are handlers of the application.
    imports: [CqrsModule.forRoot({ shutdown: { timeout: 0 }, events: { notProvided: 'ignore' } })],
    providers: [{ provide: provider.constructor, useValue: provider }],
  })
  class SagaHost {}
  const app = await quietly(() => NestFactory.createApplicationContext(SagaHost, { abortOnError: false }));
  Object.assign(app.get(CommandBus), { execute: nowhere, enqueue: nowhere });
  return app;
}

/**
 * Names of the classes of events that a hosted saga is called with; undefined if it gets the stream of all.
 * @throws TypeError if it is not a saga
 */
export function eventsOf(host: INestApplicationContext, { name, provider }: HostedSaga): readonly string[] | undefined {
  const { sagas, messages } = host.get(Wiring, { strict: false }).document({ sources: false });
  const saga = sagas.find(one => one.name === name);
  if (saga === undefined)
    throw notASaga(
      name,
      provider.constructor.name,
      sagas.map(one => one.name),
    );
  const { events } = saga;
  return events === '*' ? undefined : messages.filter(({ id }) => events.includes(id)).map(message => message.name);
}

const notASaga = (name: string, provider: string, known: readonly string[]): TypeError =>
  new TypeError(
    `sagaOf() cannot run ${name}: it has no @Saga(). ${known.length === 0 ? `${provider} has no saga` : `Name one that has: ${known.join(', ')}`}.`,
  );

const nowhere = async (): Promise<void> => {};

export const stopHost = (app: INestApplicationContext): Promise<void> => quietly(() => app.close());

let quiet = 0;
let loud: LoggerService | undefined;

/** Nest says that it starts; a host is not worth a line of the output of tests. */
async function quietly<R>(run: () => Promise<R>): Promise<R> {
  const logger = Logger as unknown as { staticInstanceRef?: LoggerService };
  if (quiet++ === 0) {
    loud = logger.staticInstanceRef;
    Logger.overrideLogger(false);
  }
  try {
    return await run();
  } finally {
    if (--quiet === 0) logger.staticInstanceRef = loud;
  }
}
