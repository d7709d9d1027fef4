import {
  Cached,
  Command,
  CommandHandler,
  Durable,
  Event,
  EventsHandler,
  Idempotent,
  InvalidHandlerException,
  On,
  Query,
  QueryHandler,
  Saga,
  Sequential,
  Timeout,
  Touches,
  Upcast,
  UseMiddleware,
} from '../../../lib/index.js';
import { InTransaction, Transactional } from '../../../lib/extension.js';

class Save extends Command {}
class Read extends Query<number> {}
class Saved extends Event {}

type Standard = (value: unknown, context: object) => unknown;

/** As a compiler calls it that does not have `experimentalDecorators`. */
const onClass = (decorator: unknown) =>
  (decorator as Standard)(class SaveHandler {}, { kind: 'class', name: 'SaveHandler', metadata: {} });
const onMethod = (decorator: unknown) =>
  (decorator as Standard)(() => undefined, { kind: 'method', name: 'save', static: false, metadata: {} });
const onField = (decorator: unknown) =>
  (decorator as Standard)(undefined, { kind: 'field', name: 'save', static: false, metadata: {} });

const OF_CLASSES_AND_METHODS: readonly [string, unknown][] = [
  ['@CommandHandler', CommandHandler(Save)],
  ['@QueryHandler', QueryHandler(Read)],
  ['@EventsHandler', EventsHandler(Saved)],
  ['@UseMiddleware or @Timeout', UseMiddleware()],
  ['@UseMiddleware or @Timeout', Timeout(100)],
  ['@UseMiddleware or @Timeout', Transactional()],
  ['@UseMiddleware or @Timeout', Idempotent({ key: () => 'a' })],
  ['@UseMiddleware or @Timeout', Sequential(() => 'a')],
  ['@InTransaction', InTransaction()],
  ['@Durable', Durable()],
  ['@Cached', Cached({ ttl: 1000 })],
  ['@Touches', Touches(() => ['a'])],
];

const refused = (decorator: string, where: string) => ({
  code: 'CQRS_INVALID_HANDLER',
  message: `${decorator} is called as a standard decorator of JavaScript, which Nest and this package cannot use. Where: ${where}. Set "experimentalDecorators": true in the tsconfig.json that the compiler reads. [CQRS_INVALID_HANDLER]`,
});

describe('A standard decorator is refused with what the compiler lacks', () => {
  it.each(OF_CLASSES_AND_METHODS)('%s on a class and on a method', (name, decorator) => {
    expect(() => onClass(decorator)).toThrow(InvalidHandlerException);
    expect(() => onClass(decorator)).toThrow(expect.objectContaining(refused(name, 'SaveHandler')));
    expect(() => onMethod(decorator)).toThrow(expect.objectContaining(refused(name, 'save')));
  });

  it.each([
    ['@Saga', Saga()],
    ['@On', On(Saved)],
    ['@Upcast', Upcast(1)],
  ])('%s on a method and on a field', (name, decorator) => {
    expect(() => onMethod(decorator)).toThrow(expect.objectContaining(refused(name, 'save')));
    expect(() => onField(decorator)).toThrow(expect.objectContaining(refused(name, 'save')));
  });

  it('named by what it is on, if it has no name', () => {
    const decorate = () => (CommandHandler(Save) as unknown as Standard)(class {}, { kind: 'class' });
    expect(decorate).toThrow('@CommandHandler is called as a standard decorator of JavaScript');
  });
});
