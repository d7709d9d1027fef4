import { jest } from '@jest/globals';
import { MessageContext } from '../../../lib/index.js';
import { FunctionInvoker, InstanceInvoker, callMethod } from '../../../lib/handlers/handler-invoker.js';

class Ping {}
class PingHandler {
  readonly prefix = 'pong';
  execute(message: Ping) {
    return [this.prefix, message];
  }
  both(message: Ping, context: MessageContext) {
    return [this.prefix, message, context];
  }
}

const message = new Ping();
const context = new MessageContext('command', Ping, { name: 'PingHandler' });
const invokerOf = (instance: object, key: string) => new InstanceInvoker(instance, key, { name: 'PingHandler' });

describe('a handler that is a method', () => {
  it('is called on its instance, with the message alone', () => {
    const handler = new PingHandler();
    const invoker = invokerOf(handler, 'execute');
    const spy = jest.spyOn(handler, 'execute');
    expect(invoker.usesContext).toBe(false);
    expect(invoker.invoke(message)).toEqual(['pong', message]);
    expect(invoker.invoke(message, context)).toEqual(['pong', message]);
    expect(spy.mock.calls).toEqual([[message], [message]]);
  });

  it('gets the context if it declares it', () => {
    const invoker = invokerOf(new PingHandler(), 'both');
    expect(invoker.usesContext).toBe(true);
    expect(invoker.invoke(message, context)).toEqual(['pong', message, context]);
  });

  it('is called without the context where none was made, even if a spy has taken its place', () => {
    const handler = new PingHandler();
    const invoker = invokerOf(handler, 'both');
    expect(invoker.invoke(message)).toEqual(['pong', message, undefined]);
    const spy = jest.spyOn(handler, 'both');
    invoker.invoke(message, context);
    expect(spy).toHaveBeenCalledWith(message, context);
  });

  it('is looked up at every call: spies on the instance and on the class are seen, and gone when restored', () => {
    const handler = new PingHandler();
    const invoker = invokerOf(handler, 'execute');
    const onClass = jest.spyOn(PingHandler.prototype, 'execute').mockReturnValue(['class', message]);
    expect(invoker.invoke(message)).toEqual(['class', message]);
    const onInstance = jest.spyOn(handler, 'execute').mockReturnValue(['instance', message]);
    expect(invoker.invoke(message)).toEqual(['instance', message]);
    onInstance.mockRestore();
    onClass.mockRestore();
    expect(invoker.invoke(message)).toEqual(['pong', message]);
  });

  it('sees a spy that was there before, with the message alone', () => {
    const handler = new PingHandler();
    const spy = jest.spyOn(handler, 'execute');
    invokerOf(handler, 'execute').invoke(message, context);
    expect(spy).toHaveBeenCalledWith(message);
  });
});

describe('a handler that is a function', () => {
  it('gets the context only if it declares it', () => {
    const one = jest.fn((given: object) => given);
    const two = jest.fn((given: object, known?: MessageContext) => [given, known]);
    new FunctionInvoker(one, { name: 'one' }).invoke(message, context);
    new FunctionInvoker(two, { name: 'two' }).invoke(message, context);
    expect(one.mock.calls).toEqual([[message]]);
    expect(two.mock.calls).toEqual([[message, context]]);
  });
});

describe('callMethod', () => {
  it('calls with one argument where there is no context', () => {
    const host = { handle: jest.fn() };
    callMethod(host, 'handle', message, undefined);
    callMethod(host, 'handle', message, context);
    expect(host.handle.mock.calls).toEqual([[message], [message, context]]);
  });
});
