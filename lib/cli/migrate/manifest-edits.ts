import type ts from 'typescript';
import type { Edit } from './change.js';
import type { Compiler } from './compiler.js';
import { DEPENDENCIES } from './declared.js';
import { INCUMBENT, OWN_NAME } from './package-name.js';
import type { SourceText } from './source-text.js';

/** Keeps formatting and the order of keys. */
export function manifestEdits(compiler: Compiler, source: SourceText, range: string): Edit[] {
  const file = compiler.parseJsonText(source.file, source.text);
  const root = file.statements[0]?.expression;
  if (!root || !compiler.isObjectLiteralExpression(root)) return [];
  return membersOf(compiler, root).flatMap(({ key, node: section }) => {
    if (!compiler.isObjectLiteralExpression(section.initializer)) return [];
    const members = membersOf(compiler, section.initializer);
    const old = members.find(member => member.key === INCUMBENT);
    if (!old) return [];
    if (key === 'peerDependenciesMeta') return keyEdits(old.node, file);
    if (!(DEPENDENCIES as readonly string[]).includes(key)) return [];
    return sectionEdits({ members, old, file, range });
  });
}

interface Member {
  readonly key: string;
  readonly node: ts.PropertyAssignment;
}

const membersOf = (compiler: Compiler, object: ts.ObjectLiteralExpression): Member[] =>
  object.properties
    .filter(compiler.isPropertyAssignment)
    .map(node => ({ key: compiler.isStringLiteral(node.name) ? node.name.text : '', node }));

function keyEdits({ name }: ts.PropertyAssignment, file: ts.JsonSourceFile): Edit[] {
  const start = name.getStart(file);
  return [{ start, end: name.end, text: `"${OWN_NAME}"`, at: start, from: `"${INCUMBENT}"`, to: `"${OWN_NAME}"` }];
}

interface Section {
  readonly members: readonly Member[];
  readonly old: Member;
  readonly file: ts.JsonSourceFile;
  readonly range: string;
}

/** Puts members into the existing places, so that the text between them stays. */
function sectionEdits({ members, old, file, range }: Section): Edit[] {
  const textOf = ({ node }: Member): string => file.text.slice(node.getStart(file), node.end);
  const between = file.text.slice(old.node.name.end, old.node.initializer.getStart(file));
  const added = `"${OWN_NAME}"${between}"${range}"`;
  const keys = members.map(({ key }) => key);
  const texts = members.filter(({ key }) => key !== INCUMBENT).map(textOf);
  const others = keys.filter(key => key !== INCUMBENT);
  const isThere = others.includes(OWN_NAME);
  if (!isThere) texts.splice(placeOf(OWN_NAME, others, keys.indexOf(INCUMBENT)), 0, added);

  const gaps = members.slice(1).map(({ node }, i) => file.text.slice(members[i]!.node.end, node.getStart(file)));
  const text = texts.map((member, i) => (i === 0 ? member : gaps[i - 1] + member)).join('');
  const start = members[0]!.node.getStart(file);
  const end = members.at(-1)!.node.end;
  const to = isThere ? '(removed)' : added;
  return [{ start, end, text, at: old.node.getStart(file), from: textOf(old), to }];
}

/** If the other keys are sorted, as npm sorts or by characters: in order; else the old place. */
function placeOf(key: string, others: readonly string[], old: number): number {
  const orders = [(a: string, b: string) => a.localeCompare(b, 'en') < 0, (a: string, b: string) => a < b];
  const isBefore = orders.find(before => others.every((other, i) => i === 0 || before(others[i - 1]!, other)));
  if (!isBefore) return old;
  const next = others.findIndex(other => isBefore(key, other));
  return next < 0 ? others.length : next;
}
