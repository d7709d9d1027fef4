import { Logger } from '@nestjs/common';
import type { Server } from '@nestjs/microservices';
import { tap } from 'rxjs';
import type { UnsentReplies } from './unsent-replies.js';

type Send = Server['send'];

const logger = new Logger('CqrsTransport');

/**
 * Nest writes the replies to a request one after the other, and awaits each (Redis: until the broker has answered), so
 * that an answer may wait behind an earlier reply. Adds each answer to the unsent replies until it is written.
 */
export function watchWriting(server: { send?: Send }, unsent: UnsentReplies): void {
  const { send } = server;
  if (send === undefined) return;
  server.send = (replies, respond) => {
    let written: (() => void) | undefined;
    const end = () => unsent.add(new Promise<void>(resolve => (written = resolve)));
    const writing = async (packet: Parameters<typeof respond>[0]) => {
      try {
        await respond(packet);
      } catch (error) {
        // Nest 11 would leave the rejection to the process.
        logger.error(error);
      } finally {
        // Nest marks the last one.
        if (packet.isDisposed === true) written?.();
      }
    };
    return send.call(server, replies.pipe(tap({ complete: end, error: end })), writing);
  };
}
