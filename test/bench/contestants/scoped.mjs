import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { application, cqrs, incumbent, withCqrs, withNestCqrs } from './applications.mjs';
import { handlerTypes, instancesOf, messageTypes } from './classes.mjs';
import { inTurn } from './requests.mjs';

class Repository {}
Injectable({ scope: Scope.REQUEST })(Repository);

/** A request-scoped handler that injects a request-scoped provider. */
const scopedHandler = (type, decorate = () => () => undefined) => {
  class ScopedHandler {
    constructor(repository) {
      this.repository = repository;
    }

    async execute(message) {
      return message.id;
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Repository], ScopedHandler);
  decorate(type)(ScopedHandler);
  Injectable({ scope: Scope.REQUEST })(ScopedHandler);
  return ScopedHandler;
};

export async function bareResolve() {
  const types = messageTypes(1);
  const Handler = scopedHandler(types[0]);
  const app = await application([], [Handler, Repository]);
  const moduleRef = app.get(ModuleRef);
  const [Type] = types;
  return async () =>
    (await moduleRef.resolve(Handler, ContextIdFactory.create(), { strict: false })).execute(new Type());
}

const through = async (start, library) => {
  const types = messageTypes(1, library.Command);
  const app = await start([scopedHandler(types[0], library.CommandHandler), Repository]);
  const bus = app.get(library.CommandBus);
  const [Type] = types;
  // A new message each time: @nestjs/cqrs serves a message it has seen with the same instances again.
  return () => bus.execute(new Type());
};

export const ours = () => through(withCqrs, cqrs);

export const nestCqrs = () => through(withNestCqrs, incumbent);
