import {
  DuplicateMessageNameException,
  Message,
  MessageCatalog,
  MessageContext,
  UnknownMessageException,
} from '../../../lib/index.js';

@Message({ name: 'users.create', aliases: ['user.create'] })
class CreateUser {
  constructor(readonly userId: string) {}
}
class UserCreated {
  constructor(readonly userId: string) {}
}

const namesake = (): new () => object => class UserCreated {};

describe('MessageCatalog', () => {
  it('finds classes by name and alias, and by class name where none is given', () => {
    const catalog = new MessageCatalog([CreateUser, UserCreated]);
    expect(catalog.get('users.create')).toBe(CreateUser);
    expect(catalog.get('user.create')).toBe(CreateUser);
    expect(catalog.get('UserCreated')).toBe(UserCreated);
    expect(catalog.size).toBe(2);
    expect([...catalog.names()]).toEqual(['users.create', 'user.create', 'UserCreated']);
    expect([...catalog].at(-1)).toEqual(['UserCreated', UserCreated]);
  });

  it('lists names whose last part is near one without a dot, and the other way round', () => {
    class Rename {}
    const catalog = new MessageCatalog([Rename]);
    @Message({ name: 'users.create', aliases: ['usercreate'] })
    class Create {}
    catalog.register(Create);
    expect(() => catalog.get('Create')).toThrow(expect.objectContaining({ near: ['users.create'] }));
    expect(() => catalog.get('users.rename')).toThrow(expect.objectContaining({ near: ['Rename', 'users.create'] }));
    expect(() => catalog.get('user.create')).toThrow(expect.objectContaining({ near: ['users.create', 'usercreate'] }));
    expect(() => catalog.get('orders.cancel')).toThrow(expect.objectContaining({ near: [] }));
  });

  it('lists near names for one it does not know', () => {
    const catalog = new MessageCatalog([CreateUser, UserCreated]);
    expect(() => catalog.get('users.crate')).toThrow(
      expect.objectContaining({ code: 'CQRS_UNKNOWN_MESSAGE', near: ['users.create', 'user.create'] }),
    );
    expect(() => catalog.get('x'.repeat(500))).toThrow(expect.objectContaining({ near: [] }));
  });

  it('refuses two classes of one name, and one that has the alias of another', () => {
    expect(() => new MessageCatalog([UserCreated, namesake()])).toThrow(DuplicateMessageNameException);
    @Message({ name: 'user.create' })
    class Other {}
    const catalog = new MessageCatalog([CreateUser]);
    expect(() => catalog.register(Other)).toThrow(/CreateUser and Other/);
    expect(catalog.knows(Other)).toBe(false);
  });

  it('takes a class twice', () => {
    expect(new MessageCatalog([CreateUser, CreateUser]).register(CreateUser).size).toBe(1);
  });

  it('brings back a nested instance of a class without @Message that it knows', () => {
    class Address {
      constructor(readonly city: string) {}
    }
    class UserMoved {
      constructor(readonly to: Address) {}
    }
    const catalog = new MessageCatalog([UserMoved, Address]);
    const { payload } = catalog.fromJSON(JSON.stringify(catalog.envelope(new UserMoved(new Address('Rome')))));
    expect(payload).toStrictEqual(new UserMoved(new Address('Rome')));
  });

  it('reads an envelope of any message it knows, parsed or as text', () => {
    const catalog = new MessageCatalog([CreateUser, UserCreated]);
    const envelope = catalog.envelope(new UserCreated('u1'), { headers: { tenant: 'acme' } });
    const read = catalog.fromJSON(JSON.stringify(envelope));
    expect(read.payload).toStrictEqual(new UserCreated('u1'));
    expect(read.meta).toEqual(envelope.meta);
    expect(catalog.fromJSON(envelope.toJSON()).payload).toBeInstanceOf(UserCreated);
  });

  it('puts what is known of a dispatch into the envelope', () => {
    const context = new MessageContext(
      'event',
      UserCreated,
      { name: 'x' },
      { correlationId: 'c1', causationId: 'm0', headers: { tenant: 'acme' } },
    );
    const { meta } = new MessageCatalog([UserCreated]).envelope(new UserCreated('u1'), context);
    expect(meta).toEqual({
      name: 'UserCreated',
      version: 1,
      headers: { tenant: 'acme' },
      id: context.messageId,
      time: context.timestamp,
      correlationId: 'c1',
      causationId: 'm0',
    });
  });

  it('refuses an envelope that does not say what it holds, or says something unknown', () => {
    const catalog = new MessageCatalog([CreateUser]);
    expect(() => catalog.fromJSON({ meta: {}, payload: {} })).toThrow(/does not say what message/);
    expect(() => catalog.fromJSON({ meta: { name: 'nobody' }, payload: {} })).toThrow(UnknownMessageException);
  });
});
