import { application, cqrs, incumbent } from '../contestants/applications.mjs';
import { handlerTypes, messageTypes } from '../contestants/classes.mjs';

/** Starts and closes an application; what counts is the start. The classes exist beforehand, as imported files do. */
const starting = (count, library, imports = () => []) => {
  const types = messageTypes(count, library?.Command);
  const providers = handlerTypes(types, library?.CommandHandler);
  const call = async () => {
    globalThis.gc();
    const start = performance.now();
    const app = await application(imports(), providers);
    const spent = performance.now() - start;
    await app.close();
    return spent;
  };
  return Object.assign(call, { once: true });
};

const handlers = count => ({
  name: `an application with ${count.toLocaleString('en')} handlers`,
  reach: { 'nestjs-cqrs': count === 5000 ? 1.06 : undefined },
  rounds: 9,
  contestants: () => ({
    'the same providers without a module': () => starting(count),
    'nestjs-cqrs': () => starting(count, cqrs, () => [cqrs.CqrsModule.forRoot()]),
    '@nestjs/cqrs': () => starting(count, incumbent, () => [incumbent.CqrsModule.forRoot()]),
  }),
});

/** How long an application takes to start. */
export default [100, 1000, 5000].map(handlers);
