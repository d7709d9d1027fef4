import { UseGuards, UseInterceptors } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { application, cqrs, withCqrs } from './applications.mjs';
import { handlerTypes, instancesOf, messageTypes } from './classes.mjs';
import { inTurn } from './requests.mjs';

const guard = { canActivate: () => true };
const interceptor = { intercept: (_context, next) => next.handle() };

const enhance = (Handler, kinds) => {
  if (kinds.includes('guard')) UseGuards(guard)(Handler);
  if (kinds.includes('interceptor')) UseInterceptors(interceptor)(Handler);
  return Handler;
};

/** A singleton handler with Nest's own enhancers around it. */
export async function enhanced(...kinds) {
  const types = messageTypes(1, cqrs.Command);
  const [Handler] = handlerTypes(types, cqrs.CommandHandler);
  const app = await withCqrs([enhance(Handler, kinds)]);
  const bus = app.get(cqrs.CommandBus);
  return inTurn(instancesOf(types), message => bus.execute(message));
}

/** The same without a bus: what Nest offers to whoever wants its enhancers around a method. */
export async function enhancedByHand(...kinds) {
  const types = messageTypes(1);
  const [Handler] = handlerTypes(types);
  const app = await application([], [enhance(Handler, kinds)]);
  const handler = app.get(Handler);
  const run = app.get(ExternalContextCreator).create(handler, handler.execute, 'execute');
  return inTurn(instancesOf(types), message => run(message));
}
