import type ts from 'typescript';
import type { Finding, FindingKind } from '../finding.js';
import type { Place } from '../source-text.js';
import { classNamedBy } from './message-class.js';
import { type Inspected, type Inspection, placeOf } from './inspection.js';

const HANDLERS = new Set(['CommandHandler', 'QueryHandler', 'EventsHandler']);

interface Handling {
  readonly handler: string;
  readonly place: Place;
  readonly message: Message;
  readonly isEvent: boolean;
}

interface Message {
  /** Equal for one class in different programs. */
  readonly id: string;
  readonly name: string;
  readonly className: string;
  readonly place: Place;
}

export class HandlersInspection {
  private readonly handlings: Handling[] = [];

  readonly inspect: Inspection = (node, inspected) => {
    const { compiler, exports, file, isTest } = inspected;
    // Each test makes its own application: startup finds mistakes.
    if (isTest) return;
    if (!compiler.isDecorator(node) || !compiler.isCallExpression(node.expression)) return;
    const { expression: decorator, arguments: types } = node.expression;
    const name = exports.nameOf(decorator);
    if (name === undefined || !HANDLERS.has(name) || !compiler.isClassLike(node.parent)) return;
    const handler = node.parent.name?.text ?? 'a class';
    const place = placeOf(node, file);
    for (const type of types) {
      const message = messageOf(type, inspected);
      if (message) this.handlings.push({ handler, place, message, isEvent: name === 'EventsHandler' });
    }
  };

  findings(): Finding[] {
    const requests = this.handlings.filter(({ isEvent }) => !isEvent);
    const twice = clashes(requests, ({ message }) => message.id, sameHandler).map(
      ({ handler, message, place }): Finding =>
        found('duplicateHandler', place, `${handler} handles ${message.className}`),
    );
    const messages = clashes(this.handlings, ({ message }) => message.name, sameMessage);
    const named = new Map(messages.map(({ message }) => [message.id, message]));
    const namesakes = [...named.values()].map(({ className, name, place }): Finding =>
      found('sameName', place, className === name ? `class ${name}` : `class ${className}, named "${name}"`),
    );
    return [...twice, ...namesakes];
  }
}

const found = (kind: FindingKind, place: Place, what: string): Finding => ({ kind, place, what });

const sameHandler = (a: Handling, b: Handling): boolean => samePlace(a.place, b.place);
const sameMessage = (a: Handling, b: Handling): boolean => a.message.id === b.message.id;
const samePlace = (a: Place, b: Place): boolean => a.file === b.file && a.line === b.line && a.column === b.column;

function clashes(
  handlings: readonly Handling[],
  keyOf: (handling: Handling) => string,
  isSame: (a: Handling, b: Handling) => boolean,
): Handling[] {
  const groups = new Map<string, Handling[]>();
  for (const handling of handlings) groups.set(keyOf(handling), [...(groups.get(keyOf(handling)) ?? []), handling]);
  return handlings.filter(a => groups.get(keyOf(a))!.some(b => !isSame(a, b)));
}

function messageOf(type: ts.Expression, inspected: Inspected): Message | undefined {
  const { compiler, exports } = inspected;
  const found = classNamedBy(type, inspected);
  if (!found) return undefined;
  const { declaration, name: className } = found;
  const file = declaration.getSourceFile();
  return {
    id: `${file.fileName}:${declaration.pos}`,
    name: givenName(declaration) ?? className,
    className,
    place: placeOf(declaration.name ?? declaration, file),
  };

  /** In `@Message({ name: '…' })`. */
  function givenName(declaration: ts.ClassLikeDeclaration): string | undefined {
    const calls = (compiler.getDecorators(declaration) ?? [])
      .map(({ expression }) => expression)
      .filter(compiler.isCallExpression)
      .filter(({ expression }) => exports.nameOf(expression) === 'Message');
    const [options] = calls[0]?.arguments ?? [];
    if (!options || !compiler.isObjectLiteralExpression(options)) return undefined;
    const name = options.properties
      .filter(compiler.isPropertyAssignment)
      .find(member => member.name.getText() === 'name');
    return name && compiler.isStringLiteralLike(name.initializer) ? name.initializer.text : undefined;
  }
}
