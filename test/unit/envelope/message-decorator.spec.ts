import { Command, CommandHandler, CqrsModule, Message, MessageCatalog } from '../../../lib/index.js';
import {
  declaredMessages,
  isDeclaredMessage,
  messageIdentity,
  nestedTypesOf,
} from '../../../lib/envelope/message.decorator.js';
import { start } from '../../support/application.js';

class Base extends Command {}

@Message({ version: 3 })
class ServedByClassName extends Base {}

@Message({ name: 'decorator.named', aliases: ['decorator.older', 'decorator.oldest'], nested: [Base] })
class Named extends Base {}

class Child extends Named {}

@Message({ nested: [Named] })
class Nesting extends Child {}

describe('@Message', () => {
  it('names a class by its own name unless it is given one', () => {
    expect(messageIdentity(ServedByClassName)).toEqual({
      name: 'ServedByClassName',
      version: 3,
      aliases: [],
      isNamed: false,
    });
    expect(messageIdentity(Named)).toEqual({
      name: 'decorator.named',
      version: 1,
      aliases: ['decorator.older', 'decorator.oldest'],
      isNamed: true,
    });
    expect(messageIdentity(Base)).toEqual({ name: 'Base', version: 1, aliases: [], isNamed: false });
  });

  it('is not inherited, except for the classes in the fields', () => {
    expect(messageIdentity(Child)).toEqual({ name: 'Child', version: 1, aliases: [], isNamed: false });
    expect([Named, Child, Base].map(isDeclaredMessage)).toEqual([true, false, false]);
    expect(nestedTypesOf(Child)).toEqual([Base]);
    expect(nestedTypesOf(Nesting)).toEqual([Named, Base]);
    expect(nestedTypesOf(Base)).toEqual([]);
  });

  it('lists the class by each of its names', () => {
    expect(declaredMessages.named('ServedByClassName')).toEqual([ServedByClassName]);
    for (const name of ['decorator.named', 'decorator.older', 'decorator.oldest'])
      expect(declaredMessages.named(name)).toEqual([Named]);
    expect(declaredMessages.named('Named')).toEqual([]);
  });

  it.each([
    [{ name: '' }, '{"name":"","version":1,"aliases":[]}'],
    [{ name: 'a', aliases: ['b', ''] }, '{"name":"a","version":1,"aliases":["b",""]}'],
    [{ version: 0 }, '{"version":0,"aliases":[]}'],
    [{ version: 1.5 }, '{"version":1.5,"aliases":[]}'],
    [{ version: -1 }, '{"version":-1,"aliases":[]}'],
    [{ version: '2' as never }, '{"version":"2","aliases":[]}'],
  ])('refuses %j', (options, shown) => {
    expect(() => Message(options)).toThrow(
      `@Message() takes names that are not empty and a version that is a positive integer, not ${shown}. Write for example @Message({ name: 'users.create', version: 2 }). [CQRS_INVALID_MESSAGE_NAME]`,
    );
  });

  it('lets a subclass that a handler of its base class serves be found by its class name', async () => {
    class Handlers {
      @CommandHandler(Base)
      base(): void {}
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [Handlers] });
    const catalog = app.get(MessageCatalog);
    expect(catalog.get('ServedByClassName')).toBe(ServedByClassName);
    expect(catalog.get('decorator.older')).toBe(Named);
    const { payload } = catalog.fromJSON(JSON.stringify(catalog.envelope(new ServedByClassName())));
    expect(payload).toBeInstanceOf(ServedByClassName);
  });
});
