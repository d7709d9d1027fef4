import { Inject, Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { application, cqrs, incumbent, withCqrs, withNestCqrs } from './applications.mjs';
import { messageTypes } from './classes.mjs';

const TENANTS = 10;

class Repository {}
Injectable({ scope: Scope.REQUEST })(Repository);

/** What a plain class is not: Nest has to make it each time. */
const connection = { provide: 'connection', scope: Scope.REQUEST, useFactory: () => ({}) };

/** What one sends, what it is called in both libraries, and what handles it. */
const KINDS = {
  command: { Base: 'Command', decorator: 'CommandHandler', Bus: 'CommandBus', method: 'execute', verb: 'execute' },
  query: { Base: 'Query', decorator: 'QueryHandler', Bus: 'QueryBus', method: 'execute', verb: 'execute' },
  event: { Base: 'Event', decorator: 'EventsHandler', Bus: 'EventBus', method: 'handle', verb: 'publish' },
};

/** A handler that injects a request-scoped provider. */
const scopedHandler = (type, { method, scope, injected, decorate = () => () => undefined }) => {
  class ScopedHandler {
    constructor(repository) {
      this.repository = repository;
    }
  }
  ScopedHandler.prototype[method] = async message => message.id;
  Inject(injected)(ScopedHandler, undefined, 0);
  decorate(type)(ScopedHandler);
  Injectable(scope)(ScopedHandler);
  return ScopedHandler;
};

const setting = ({ kind = 'command', scope = { scope: Scope.REQUEST }, plain = true } = {}) => ({
  ...KINDS[kind],
  scope,
  injected: plain ? Repository : connection.provide,
  providers: [Repository, connection],
});

/** What one writes by hand; `identify` names the context of the i-th call. */
export async function bareResolve(options, identify = () => ContextIdFactory.create()) {
  const { method, providers, ...rest } = setting(options);
  const [Type] = messageTypes(1);
  const Handler = scopedHandler(Type, { method, ...rest });
  const app = await application([], [Handler, ...providers]);
  const moduleRef = app.get(ModuleRef);
  const resolve = i => moduleRef.resolve(Handler, identify(i, moduleRef), { strict: false });
  // The engine finds a method that is spelled out faster than one named by a variable.
  if (method === 'handle') return async i => (await resolve(i)).handle(new Type());
  return async i => (await resolve(i)).execute(new Type());
}

const through = async (start, library, options, given) => {
  const { Base, decorator, Bus, verb, providers, ...rest } = setting(options);
  const types = messageTypes(1, library[Base] ?? Object);
  const app = await start([scopedHandler(types[0], { ...rest, decorate: library[decorator] }), ...providers]);
  const bus = app.get(library[Bus]);
  const [Type] = types;
  // A new message each time: @nestjs/cqrs serves a message it has seen with the same instances again.
  const publish = i => (given ? bus.publish(new Type(), given(i)) : bus.publish(new Type()));
  const execute = i => (given ? bus.execute(new Type(), given(i)) : bus.execute(new Type()));
  const send = verb === 'publish' ? publish : execute;
  // From the first dispatch, which Nest serves, this package learns how to serve the others.
  await send(0);
  await new Promise(resolve => setImmediate(resolve));
  return send;
};

export const ours = (options, given) => through(withCqrs, cqrs, options, given);

export const nestCqrs = options => through(withNestCqrs, incumbent, options);

/** The same in a context that the caller gives, with what `REQUEST` injects. */
export const givenByHand = () =>
  bareResolve({}, (i, moduleRef) => {
    const id = ContextIdFactory.create();
    moduleRef.registerRequestByContextId({ number: i }, id);
    return id;
  });
export const given = () => ours({}, i => new cqrs.AsyncContext({ number: i }));

const durable = { scope: { scope: Scope.REQUEST, durable: true } };
const parents = Array.from({ length: TENANTS }, () => ContextIdFactory.create());
const strategy = {
  attach:
    (id, { headers }) =>
    info =>
      info.isTreeDurable ? parents[headers.tenant] : id,
};

/** Durable instances, one for each tenant; the strategy holds for the whole process. */
export const durableByHand = () => {
  ContextIdFactory.apply(strategy);
  return bareResolve(durable, i => ContextIdFactory.getByRequest({ headers: { tenant: i % TENANTS } }));
};
export const durableOurs = () => {
  ContextIdFactory.apply(strategy);
  return ours(durable, i => ({ headers: { tenant: i % TENANTS } }));
};
