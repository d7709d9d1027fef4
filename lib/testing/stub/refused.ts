import type { INestApplicationContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Command, Event, Query, StreamQuery, Wiring } from '../../index.js';
import type { MessageType } from '../../extension.js';

type Class = MessageType & (new () => object);

/**
 * A stub that never answers would not be noticed.
 * @throws TypeError for what is neither a message nor a handler of the application
 */
export function refuseUnanswerable(
  app: INestApplicationContext,
  type: unknown,
  method: PropertyKey | undefined,
): asserts type is MessageType {
  if (typeof type !== 'function')
    throw new TypeError(
      `stub() takes a class, or a class and a method, not ${String(type)}. If the class is imported, files may import each other in a circle.`,
    );
  if (method === undefined) refuseClass(app, type as Class);
  else refuseMethod(app, type as Class, method);
}

function refuseClass(app: INestApplicationContext, type: Class): void {
  if ([Command, Query, StreamQuery, Event].some(base => type.prototype instanceof base)) return;
  const { isMessage, declared, handling } = app.get(Wiring, { strict: false }).roleOf(type);
  if (isMessage || handling.length > 0) return;
  if (declared.length > 0) {
    if (!isProvided(app, type)) throw notProvided(type);
  } else if (isDecorated(type) || isProvided(app, type))
    throw refused(type.name, 'it is neither a message nor a handler', replaceIt(type));
}

function refuseMethod(app: INestApplicationContext, type: Class, method: PropertyKey): void {
  const name = `${type.name}.${String(method)}`;
  if (!(method in type.prototype)) throw refused(name, 'the class has no such method');
  const { declared, handling } = app.get(Wiring, { strict: false }).roleOf(type);
  if (handling.includes(method as string | symbol)) return;
  const known = [...new Set([...declared, ...handling])];
  if (known.length === 0) throw refused(name, `${type.name} is not a handler`, replaceIt(type));
  if (!known.includes(method as string | symbol))
    throw refused(name, 'the method handles no message', `Name one that does: ${known.map(String).join(', ')}.`);
  if (!isProvided(app, type)) throw notProvided(type);
}

const refused = (name: string, why: string, remedy?: string): TypeError =>
  new TypeError([`stub() cannot take the place of ${name}: ${why}.`, remedy ?? []].flat().join(' '));

const replaceIt = ({ name }: Class): string =>
  `To replace a provider, use overrides: testApp({ overrides: [[${name}, { … }]] }), or overrideProvider(${name}) of @nestjs/testing.`;

const notProvided = ({ name }: Class): TypeError =>
  refused(
    name,
    'it is a handler that the application does not provide',
    'Import its module; if it is loaded lazily, load it before.',
  );

/** Of `@Injectable()`, `@Catch()`, `@Controller()` and `@Module()`; a message has none. */
const MARKS = ['__injectable__', '__controller__', 'imports', 'providers', 'controllers', 'exports'];

const metadata = new Reflector();

const isDecorated = (type: Class): boolean => MARKS.some(mark => metadata.get<unknown>(mark, type) !== undefined);

function isProvided(app: INestApplicationContext, type: Class): boolean {
  try {
    app.get(type, { strict: false });
    return true;
  } catch (error) {
    // Nest refuses to give request-scoped providers, too; the class of this error is not exported.
    return (error as Error).constructor.name !== 'UnknownElementException';
  }
}
