import type { Socket } from 'node:net';

/** What is written to a socket until the next turn of the event loop goes out in one system call, and arrives together. */
export function writeTogether(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  setImmediate(() => socket.uncork());
}
