import type { Socket } from 'node:net';

/**
 * What is written until the next turn of the event loop goes out, and arrives, together. perf: with 16 calls in flight, a
 * system call for each would take 24 µs of a call in both processes.
 */
export function writeTogether(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  setImmediate(() => socket.uncork());
}
