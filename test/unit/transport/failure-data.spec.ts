import * as nest from '@nestjs/common';
import * as cqrs from '../../../lib/index.js';
import { Message, MessageCatalog, MessageValidationException, RemoteException } from '../../../lib/index.js';
import { StaleMessageException } from '../../../lib/errors/stale-message.exception.js';
import { FailureData } from '../../../lib/transport/failure-data.js';
import type { FailureJSON } from '../../../lib/transport/frame.js';

@Message({ name: 'users.taken', aliases: ['users.exists'] })
class NameTaken extends Error {
  constructor(
    readonly userName: string,
    readonly since = new Date(0),
  ) {
    super(`${userName} is taken`);
  }
}

class Unlisted extends Error {
  readonly code = 'E_UNLISTED';
  readonly detail = 5;
}

@Message({ name: 'users.user' })
class User {}

const data = new FailureData(new MessageCatalog([NameTaken, User]));
const HIDDEN = { name: 'Error', message: 'Internal error' };

/** As the other process gets it. */
const travelled = (failure: FailureJSON): FailureJSON => JSON.parse(JSON.stringify(failure)) as FailureJSON;
const received = (error: unknown): Error => data.read(travelled(data.write(error)), 'Save, sent to users');

describe('A failure that is written', () => {
  it('has the name of its class in the catalog, its text, code and own fields', () => {
    expect(data.write(new NameTaken('ada'))).toEqual({
      name: 'users.taken',
      message: 'ada is taken',
      fields: { userName: 'ada', since: { $type: 'Date', value: '1970-01-01T00:00:00.000Z' } },
    });
    expect(data.write(new Unlisted('odd'))).toEqual({
      name: 'Unlisted',
      message: 'odd',
      code: 'E_UNLISTED',
      fields: { code: 'E_UNLISTED', detail: 5 },
    });
  });

  it('has nothing that it has not: code, fields', () => {
    expect(data.write(new RangeError('too much'))).toStrictEqual({ name: 'RangeError', message: 'too much' });
    expect(data.write(Object.assign(new Error('x'), { code: 42 }))).toEqual({
      name: 'Error',
      message: 'x',
      fields: { code: 42 },
    });
  });

  it.each(['name', 'message', 'stack', 'cause'])('does not tell its field "%s"', field => {
    const error = new Error('x');
    Object.defineProperty(error, field, { value: 'told', enumerable: true });
    expect(data.write(error)).not.toHaveProperty('fields');
  });

  it('has the name that a library has given it', () => {
    const error = new Error('no connection');
    error.name = 'MongoServerError';
    expect(data.write(error).name).toBe('MongoServerError');
    expect(data.write(new (class Odd extends Error {})('x')).name).toBe('Odd');
  });

  it('is told without fields that cannot leave the process', () => {
    expect(data.write(Object.assign(new Error('x'), { code: 'E1', run: () => 1 }))).toStrictEqual({
      name: 'Error',
      message: 'x',
      code: 'E1',
    });
  });

  it.each([
    ['a text', 'no', { name: 'Error', message: 'no' }],
    ['a number', 5, { name: 'Error', message: 'The handler threw number, not an Error.' }],
    ['undefined', undefined, { name: 'Error', message: 'The handler threw undefined, not an Error.' }],
    ['an object', { message: 'x' }, { name: 'Error', message: 'The handler threw object, not an Error.' }],
  ])('need not be an error: %s', (_, thrown, written) => {
    expect(data.write(thrown)).toStrictEqual(written);
    expect(data.write(thrown, 'all')).toStrictEqual(written);
    expect(data.write(thrown, 'listed')).toStrictEqual(HIDDEN);
  });

  it('is hidden where even reading it throws', () => {
    const hostile = new Error('x');
    Object.defineProperty(hostile, 'message', {
      get() {
        throw new Error('no');
      },
    });
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    expect(data.write(hostile)).toStrictEqual(HIDDEN);
    expect(data.write(proxy)).toStrictEqual({
      name: 'Error',
      message: 'The handler threw object, not an Error.',
    });
  });

  it.each<[string, Error, boolean]>([
    ['one in the catalog', new NameTaken('ada'), true],
    ['one of validation', new MessageValidationException('Save', []), true],
    ['one of HTTP below 500', new nest.NotFoundException('nothing'), true],
    ['the last one below 500', new nest.HttpException('x', 499), true],
    ['the first one of the server', new nest.HttpException('x', 500), false],
    ['one of HTTP above', new nest.ServiceUnavailableException('database down'), false],
    ['any other', new RangeError('password'), false],
    ['one of this library', new cqrs.BusClosedException('Save'), false],
  ])('where only listed ones are told, is told or hidden: %s', (_, error, isTold) => {
    expect(data.write(error, 'listed')).toEqual(isTold ? data.write(error) : HIDDEN);
    expect(data.write(error, 'all').message).toBe(error.message);
  });
});

describe('A failure that is read', () => {
  it('is of the class in the catalog, by name and earlier name', () => {
    for (const name of ['users.taken', 'users.exists']) {
      const error = data.read({ ...travelled(data.write(new NameTaken('ada'))), name }, 'there');
      expect(error).toBeInstanceOf(NameTaken);
      expect(error).toMatchObject({ message: 'ada is taken', userName: 'ada', since: new Date(0) });
      expect(Object.keys(error)).toEqual(['userName', 'since']);
    }
  });

  it.each<[string, Error]>([
    ['BusClosedException', new cqrs.BusClosedException('Save')],
    ['CommandHandlerNotFoundException', new cqrs.CommandHandlerNotFoundException('Save')],
    ['QueryHandlerNotFoundException', new cqrs.QueryHandlerNotFoundException('Get')],
    ['HandlerNotFoundException', new cqrs.HandlerNotFoundException('Save')],
    ['DispatchTimeoutException', new cqrs.DispatchTimeoutException('Save', 'SaveHandler', 50, 'the caller')],
    ['EnvelopeException', cqrs.EnvelopeException.malformed('No object.', 'meta')],
    ['MessageValidationException', new MessageValidationException('Save', [])],
    ['MessageVersionException', cqrs.MessageVersionException.fromTheFuture('a.b', 3, 2)],
    ['QuerySideEffectException', new cqrs.QuerySideEffectException('A', 'H', 'command', 'B')],
    ['StaleMessageException', new StaleMessageException('Save', new Date(0))],
    ['UnrecoverableException', new cqrs.UnrecoverableException('never')],
    ['UnknownMessageException', new cqrs.UnknownMessageException('a.b', ['a.c'])],
  ])('is an exception of this library in every process: %s', (name, error) => {
    expect(data.write(error).name).toBe(name);
    const read = received(error);
    expect(read.constructor).toBe(error.constructor);
    expect(read).toMatchObject({ ...error, name, message: error.message });
    expect(Object.keys(read)).not.toContain('name');
    expect(read.stack).toMatch(new RegExp(`^${name}: `));
  });

  it('is a RemoteException for another exception of this library', () => {
    expect(received(new cqrs.NotWiredException('Save'))).toBeInstanceOf(RemoteException);
  });

  it.each([
    ['NotFoundException', new nest.NotFoundException('nothing'), 404],
    ['BadRequestException', new nest.BadRequestException(['a', 'b']), 400],
    ['HttpException', new nest.HttpException({ odd: true }, 418), 418],
  ])('is an exception of Nest, with status and body: %s', (name, error, status) => {
    const read = received(error) as nest.HttpException;
    expect(read.constructor).toBe(error.constructor);
    expect([read.getStatus(), read.getResponse()]).toEqual([status, error.getResponse()]);
    expect([read.name, read.message]).toEqual([name, error.message]);
  });

  it('is an HttpException for a class that extends it, under its name', () => {
    class OutOfStock extends nest.ConflictException {}
    const read = received(new OutOfStock('none left')) as nest.HttpException;
    expect(read.constructor).toBe(nest.HttpException);
    expect([read.name, read.message, read.getStatus()]).toEqual(['OutOfStock', 'none left', 409]);
  });

  it.each([
    ['no status', { response: {} }],
    ['a status that is none', { status: '409', response: {} }],
    ['half a status', { status: 409.5, response: {} }],
    ['a status of two digits', { status: 99, response: {} }],
    ['a status of four digits', { status: 1000, response: {} }],
    ['no body', { status: 409 }],
    ['no fields', undefined],
    ['a list', [409]],
  ])('is no HttpException with %s', (_, fields) => {
    const read = data.read({ name: 'OutOfStock', message: 'x', ...(fields && { fields }) }, 'there');
    expect(read.constructor).toBe(RemoteException);
  });

  it.each([100, 999])('is an HttpException with the status %d', status => {
    const read = data.read({ name: 'OutOfStock', message: 'x', fields: { status, response: 'y' } }, 'there');
    expect(read.constructor).toBe(nest.HttpException);
    expect((read as nest.HttpException).getStatus()).toBe(status);
  });

  it.each(['HttpException', 'NotFoundException'])('is no %s without a status that can be sent', name => {
    for (const fields of [undefined, {}, { status: 0 }, { status: '404' }, { status: 99, response: 'x' }])
      expect(data.read({ name, message: 'x', ...(fields && { fields }) }, 'there').constructor).toBe(RemoteException);
    expect(data.read({ name, message: 'x', fields: { status: 404 } }, 'there')).toBeInstanceOf(nest.HttpException);
  });

  it.each(['name', 'message', 'stack', 'cause'])('does not take its "%s" from the fields', field => {
    const read = data.read({ name: 'users.taken', message: 'taken', fields: { [field]: 'told', other: 1 } }, 'there');
    expect(read).toBeInstanceOf(NameTaken);
    expect(Object.keys(read)).toEqual(['other']);
    expect([read.message, read.name, read.cause]).toEqual(['taken', 'Error', undefined]);
    expect(read.stack).not.toBe('told');
  });

  it('is a RemoteException for an unknown class, with what is known', () => {
    const read = received(new Unlisted('odd')) as RemoteException;
    expect(read).toBeInstanceOf(RemoteException);
    expect(read.remote).toEqual({ name: 'Unlisted', message: 'odd', code: 'E_UNLISTED' });
    expect(read.message).toBe(
      'The other process failed: Unlisted: odd. Where: Save, sent to users. The log of the other process has its stack. To catch it as its own class, list the class in the messages option of both processes. [CQRS_REMOTE]',
    );
  });

  it.each(['users.user', 'toString', 'constructor', '__proto__', 'Injectable'])(
    'is not of what is no error: %s',
    name => {
      const read = data.read({ name, message: 'x' }, 'there');
      expect(read.constructor).toBe(RemoteException);
      expect((read as RemoteException).remote.name).toBe(name);
    },
  );

  it('is told although its fields cannot be read', () => {
    const fields = { $type: 'Date', value: 'never' };
    const read = data.read({ name: 'users.taken', message: 'taken', code: 'E1', fields }, 'there') as RemoteException;
    expect(read).toBeInstanceOf(RemoteException);
    expect(read.remote).toMatchObject({ name: 'users.taken', code: 'E1' });
    expect(read.remote.message).toMatch(/^taken \(its fields cannot be read: .+\)$/);
  });

  it('has text and stack as errors have them, and fields that can be set', () => {
    const read = data.read({ name: 'users.taken', message: 'a text', code: 'E1', fields: { userName: 'a' } }, 'there');
    expect(read.stack).toMatch(/^users\.taken: a text\n/);
    expect(Object.getOwnPropertyDescriptor(read, 'message')).toEqual({
      value: 'a text',
      enumerable: false,
      configurable: true,
      writable: true,
    });
    expect(Object.getOwnPropertyDescriptor(read, 'code')).toEqual({
      value: 'E1',
      enumerable: true,
      configurable: true,
      writable: true,
    });
    expect(Object.hasOwn(read, 'name')).toBe(false);
    expect(Object.keys(data.read({ name: 'users.taken', message: 'x' }, 'there'))).toEqual([]);
  });
});
