/** Tells the parent that this process is ready. Closes the application when the parent says so, or has ended. */
export function runUntilParentEnds(app: { close(): Promise<void> }, url?: string): void {
  // Ctrl+C reaches all processes; the parent ends them in its order.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => void app.close());
  if (process.connected) process.send?.({ url });
  else void app.close();
}
