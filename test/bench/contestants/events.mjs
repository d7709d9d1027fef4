import { EventEmitter } from 'node:events';
import { EventEmitter2 } from '@nestjs/event-emitter';
import Emittery from 'emittery';
import * as mediatr from 'mediatr-ts';
import { cqrs, incumbent, withCqrs, withEventEmitter, withNestCqrs } from './applications.mjs';
import { handlerTypes, instancesOf, messageTypes } from './classes.mjs';
import { inTurn } from './requests.mjs';

/** `fanOut` handlers for each of `count` event types; the calls publish events of the first `active` of them. */
const setting = (count, fanOut, Base) => {
  const types = messageTypes(count, Base);
  return { types, each: types.flatMap(type => Array.from({ length: fanOut }, () => type)) };
};

const published = (types, active) => instancesOf(types.slice(0, active));

/** Every handler called, none waiting for another, and all awaited. */
export function direct({ count = 1, fanOut = 1, active = 1, sync = false }) {
  const { types, each } = setting(count, fanOut);
  const handlers = handlerTypes(each, undefined, { sync }).map(Handler => new Handler());
  const events = published(types, active);
  if (fanOut === 1) {
    if (active > 1) return i => handlers[i % active].handle(events[i % active]);
    const [handler] = handlers;
    const [event] = events;
    return () => handler.handle(event);
  }
  const [event] = events;
  return () => Promise.all(handlers.map(handler => handler.handle(event)));
}

/** The same, each failure caught where it happens: what a promise that tells of all handlers cannot do without. */
export function directCaught({ sync = false }) {
  const { types, each } = setting(1, 1);
  const [handler] = handlerTypes(each, undefined, { sync }).map(Handler => new Handler());
  const [event] = published(types, 1);
  const failures = [];
  return async () => {
    try {
      await handler.handle(event);
    } catch (error) {
      failures.push(error);
    }
  };
}

export async function ours({ count = 1, fanOut = 1, active = 1, sync = false, options, publish }) {
  const { types, each } = setting(count, fanOut, cqrs.Event);
  const app = await withCqrs(handlerTypes(each, cqrs.EventsHandler, { sync }), options);
  const bus = app.get(cqrs.EventBus);
  if (publish) return inTurn(published(types, active), event => publish(bus, event));
  return inTurn(published(types, active), event => bus.publish(event));
}

/** The bus does not say when its handlers are done: its promise would settle before them. Here they are synchronous. */
export async function nestCqrs({ count = 1, fanOut = 1, active = 1 }) {
  const { types, each } = setting(count, fanOut);
  const app = await withNestCqrs(handlerTypes(each, incumbent.EventsHandler, { sync: true }));
  const bus = app.get(incumbent.EventBus);
  return inTurn(published(types, active), event => bus.publish(event));
}

const listening = ({ count = 1, fanOut = 1, sync = false }, on) => {
  const { types, each } = setting(count, fanOut);
  handlerTypes(each, undefined, { sync }).forEach((Handler, i) => {
    const handler = new Handler();
    on(each[i].name, event => handler.handle(event));
  });
  return { types, names: new Map(types.map(type => [type, type.name])) };
};

export async function eventEmitter(setup) {
  const app = await withEventEmitter([]);
  const emitter = app.get(EventEmitter2);
  emitter.setMaxListeners(0);
  const { types, names } = listening(setup, (name, listener) => emitter.on(name, listener));
  return inTurn(published(types, setup.active ?? 1), event => emitter.emitAsync(names.get(event.constructor), event));
}

export function emittery(setup) {
  const emitter = new Emittery();
  const { types, names } = listening(setup, (name, listener) => emitter.on(name, data => listener(data)));
  return inTurn(published(types, setup.active ?? 1), event => emitter.emit(names.get(event.constructor), event));
}

/** Tells nobody when listeners are done, so they are synchronous. */
export function nodeEvents(setup) {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  const { types, names } = listening({ ...setup, sync: true }, (name, listener) => emitter.on(name, listener));
  return inTurn(published(types, setup.active ?? 1), event => emitter.emit(names.get(event.constructor), event));
}

export function mediatrTs({ count = 1, fanOut = 1, active = 1, sync = false }) {
  const { types, each } = setting(count, fanOut, mediatr.NotificationData);
  handlerTypes(each, mediatr.notificationHandler, { sync });
  const mediator = new mediatr.Mediator();
  return inTurn(published(types, active), event => mediator.publish(event));
}
