import { resolve } from 'node:path';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { ObservedLinks, UnhandledExceptionBus } from '../index.js';
import { addToFile } from './links-file.js';

/** Links of one application on their way to a file. */
export interface CollectedLinks extends Disposable {
  /** Writes them now. Later calls, and `app.close()`, do nothing more. */
  dispose(): void;
}

/**
 * Sees who sends what in an application of a test, and adds it to a file when the application is closed: for
 * `nestjs-cqrs explain --observed`. Counts are added to those of other applications, test files and processes, also if
 * they write at the same time; so remove the file before a test run. An application that is never closed, in a process
 * that ends or is killed, adds nothing.
 * @param file relative to the working directory
 * @throws CqrsException (CQRS_NOT_OBSERVABLE) without `CqrsModule`
 */
export function collectLinks(app: INestApplicationContext, file = 'wiring.observed.json'): CollectedLinks {
  const path = resolve(file);
  const links = new ObservedLinks(app);
  let isWritten = false;
  const dispose = () => {
    if (isWritten) return;
    isWritten = true;
    links.dispose();
    addToFile(path, links.toJSON());
  };
  const write = () => {
    try {
      dispose();
    } catch (error) {
      new Logger('collectLinks').error((error as Error).message);
    }
  };
  // Completed by `app.close()`, after the last message.
  app.get(UnhandledExceptionBus, { strict: false }).subscribe({ complete: write });
  return { dispose, [Symbol.dispose]: dispose };
}
