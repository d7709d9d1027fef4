import { MessageChannel } from 'node:worker_threads';

// Taken before a test can replace them by fake timers.
const now = performance.now.bind(performance);
const RealDate = Date;

/** Milliseconds of real time. */
export const moment = (): number => now();

/** The time of day. */
export const timeOfDay = (): string => {
  const date = new RealDate();
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => pad(part, 2)).join(':');
  return `${clock}.${pad(date.getMilliseconds(), 3)}`;
};

/** One turn of the event loop, by a message: no fake timers replace it. */
export const messageTurn = (): Promise<void> =>
  new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.once('message', () => {
      port1.close();
      resolve();
    });
    port2.postMessage(undefined);
  });

const pad = (part: number, digits: number): string => String(part).padStart(digits, '0');
