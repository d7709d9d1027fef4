import { Injectable } from '@nestjs/common';

/** Message classes, each its own; instances of different ones are different shapes to the engine. */
export const messageTypes = (count, Base = Object) =>
  Array.from({ length: count }, (_, i) => {
    const name = `Message${i}`;
    return {
      [name]: class extends Base {
        id = i;
      },
    }[name];
  });

/** One instance of each, made beforehand: what counts is the way to the handler. */
export const instancesOf = types => types.map(type => new type());

const asyncHandler = () =>
  class {
    async execute(message) {
      return message.id;
    }
  };

const syncHandler = () =>
  class {
    execute(message) {
      return message.id;
    }
  };

/**
 * Handler classes, each its own, as Nest sees them: `execute` for commands and queries, `handle` for events.
 * @param decorate name of the decorator and type, as `type => ClassDecorator`
 */
export const handlerTypes = (types, decorate = () => () => undefined, { sync = false } = {}) =>
  types.map((type, i) => {
    const handler = sync ? syncHandler() : asyncHandler();
    Object.defineProperty(handler, 'name', { value: `Handler${i}` });
    handler.prototype.handle = handler.prototype.execute;
    Injectable()(handler);
    decorate(type)(handler);
    return handler;
  });
