import * as mediatr from 'mediatr-ts';
import { handlerTypes, instancesOf, messageTypes } from './classes.mjs';
import { cqrs, incumbent, withCqrs, withEventEmitter, withNestCqrs } from './applications.mjs';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { ownCode } from '../harness/loop.mjs';

/**
 * One call after another, each with the message of the next type; code of its own for each contestant, as its loop is.
 * @param send `message => promise`
 */
export function inTurn(messages, send) {
  const [message] = messages;
  const count = messages.length;
  if (count > 1) return ownCode({ send, messages, count }, 'i => send(messages[i % count])');
  return ownCode({ send, message }, '() => send(message)');
}

/** The handler called by whoever has it: what every other contestant is compared with. */
export function direct(count, options) {
  const handlers = handlerTypes(messageTypes(count), undefined, options).map(Handler => new Handler());
  const messages = instancesOf(messageTypes(count));
  if (count > 1) return i => handlers[i % count].execute(messages[i % count]);
  const [handler] = handlers;
  const [message] = messages;
  return () => handler.execute(message);
}

/** What one would write by hand: a Map from class to handler. */
export function mapAndCall(count, options) {
  const types = messageTypes(count);
  const handlers = handlerTypes(types, undefined, options);
  const map = new Map(types.map((type, i) => [type, new handlers[i]()]));
  return inTurn(instancesOf(types), message => map.get(message.constructor).execute(message));
}

/** A bus of this package in a Nest application. */
export async function ours(verb, count, { options, ...handlerOptions } = {}) {
  const query = verb === 'ask';
  const types = messageTypes(count, query ? cqrs.Query : cqrs.Command);
  const decorate = query ? cqrs.QueryHandler : cqrs.CommandHandler;
  const app = await withCqrs(handlerTypes(types, decorate, handlerOptions), options);
  const bus = app.get(query ? cqrs.QueryBus : cqrs.CommandBus);
  const messages = instancesOf(types);
  if (verb === 'dispatch') return inTurn(messages, message => bus.dispatch(message));
  if (verb === 'ask') return inTurn(messages, message => bus.ask(message));
  return inTurn(messages, message => bus.execute(message));
}

/** A bus of this package without Nest. */
export function standalone(count, handlerOptions) {
  const types = messageTypes(count, cqrs.Command);
  const bus = new cqrs.CommandBus();
  const handlers = handlerTypes(types, undefined, handlerOptions);
  types.forEach((type, i) => {
    const handler = new handlers[i]();
    bus.register(type, message => handler.execute(message));
  });
  return inTurn(instancesOf(types), message => bus.execute(message));
}

export async function nestCqrs(verb, count, handlerOptions) {
  const query = verb === 'ask';
  const types = messageTypes(count, query ? incumbent.Query : incumbent.Command);
  const decorate = query ? incumbent.QueryHandler : incumbent.CommandHandler;
  const app = await withNestCqrs(handlerTypes(types, decorate, handlerOptions));
  const bus = app.get(query ? incumbent.QueryBus : incumbent.CommandBus);
  return inTurn(instancesOf(types), message => bus.execute(message));
}

export function mediatrTs(count, handlerOptions) {
  const types = messageTypes(count, mediatr.RequestData);
  handlerTypes(types, mediatr.requestHandler, handlerOptions);
  const mediator = new mediatr.Mediator();
  return inTurn(instancesOf(types), message => mediator.send(message));
}

export async function eventEmitter(count, handlerOptions) {
  const types = messageTypes(count);
  const app = await withEventEmitter([]);
  const emitter = app.get(EventEmitter2);
  const names = new Map(types.map(type => [type, type.name]));
  handlerTypes(types, undefined, handlerOptions).forEach((Handler, i) => {
    const handler = new Handler();
    emitter.on(types[i].name, message => handler.execute(message));
  });
  return inTurn(instancesOf(types), message => emitter.emitAsync(names.get(message.constructor), message));
}
