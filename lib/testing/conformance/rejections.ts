/** Adds the reasons of promises that are rejected without a handler while `run` runs. */
export async function watchingRejections(rejections: unknown[], run: () => Promise<void>): Promise<void> {
  const add = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', add);
  try {
    await run();
    await new Promise(resolve => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', add);
  }
}
