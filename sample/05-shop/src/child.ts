import type { INestApplicationContext } from '@nestjs/common';

/** Tells the parent that this process is ready. Closes the application when the parent says so, or has ended. */
export function runUntilParentEnds(app: INestApplicationContext, url?: string): void {
  // Ctrl+C reaches all processes; the parent ends them in its order.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => void app.close());
  process.send?.({ url });
}
