import { EventEmitter, once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { CqrsModule, expose, type MessageType } from '../../index.js';
import type { RemoteServer } from '../../extension.js';
import type { ConformanceOrder, NoteTaker } from './adapter.js';
import { Desk } from './desk.js';
import * as messages from './messages.js';
import { RowHandlers, ServerHandlers } from './server-handlers.js';

/** An application of the suite that runs. */
export interface ConformanceApplication {
  /** Does what the suite says. */
  tell(order: ConformanceOrder): void;
  /** Resolves when it was told to stop, and has closed. */
  readonly stopped: Promise<void>;
}

class ConformanceServer {}

/**
 * Serves the messages of `remoteConformance()`. Call it in a program of its own where the adapter allows it: give
 * `note` what sends to the suite, and `tell()` what comes from it.
 * @param server of the adapter under test
 * @returns resolves when the server listens; rejects if it cannot
 */
export async function serveConformance(server: RemoteServer, note: NoteTaker): Promise<ConformanceApplication> {
  const desk = new Desk(note);
  const { sharesLoad, manyReplies, addressable } = server.features;
  const hasRows = sharesLoad && manyReplies && addressable;
  const { Echo, Ping, Observe, Fail, Wait, Brief, Happened, Produced } = messages;
  const exposed: MessageType[] = [Echo, Ping, Observe, Fail, Wait, Brief, Happened, Produced];
  if (sharesLoad) exposed.push(messages.Once);
  if (hasRows) exposed.push(messages.Count, messages.BriefCount);
  const forget = desk.watchRejections();
  const application = await NestFactory.createApplicationContext(
    {
      module: ConformanceServer,
      imports: [CqrsModule.forRoot({ expose: [expose(...exposed).on(server)], messages: messages.VALUES })],
      providers: [{ provide: Desk, useValue: desk }, ServerHandlers, RowHandlers],
    },
    { abortOnError: false, logger: false },
  ).catch((error: unknown) => {
    forget();
    throw error;
  });
  const orders = new EventEmitter();
  const close = async () => {
    await once(orders, 'stop');
    await application.close();
    forget();
    desk.note('stopped', desk.id);
  };
  const stopped = close();
  desk.note('ready', desk.id, JSON.stringify(server.features));
  const tell = ({ order, key }: ConformanceOrder) => (order === 'stop' ? void orders.emit('stop') : desk.release(key));
  return { tell, stopped };
}
