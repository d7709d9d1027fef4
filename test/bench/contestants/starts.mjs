import { application, cqrs, incumbent } from './applications.mjs';
import { handlerTypes, messageTypes } from './classes.mjs';

/** What starts: which library decorates the handlers, and whether its module is there. */
const STARTS = {
  'the same providers without a module': {},
  'nestjs-cqrs, decorators alone': { library: cqrs },
  'nestjs-cqrs': { library: cqrs, imports: () => [cqrs.CqrsModule.forRoot()] },
  '@nestjs/cqrs, decorators alone': { library: incumbent },
  '@nestjs/cqrs': { library: incumbent, imports: () => [incumbent.CqrsModule.forRoot()] },
};

export const STARTING = Object.keys(STARTS);

/**
 * Starts and closes an application, and says how many milliseconds the start took. The classes exist beforehand, as
 * imported files do.
 */
export function starting(name, count) {
  const { library, imports = () => [] } = STARTS[name];
  const providers = handlerTypes(messageTypes(count, library?.Command), library?.CommandHandler);
  return async () => {
    globalThis.gc();
    const start = performance.now();
    const app = await application(imports(), providers);
    const spent = performance.now() - start;
    await app.close();
    return spent;
  };
}
