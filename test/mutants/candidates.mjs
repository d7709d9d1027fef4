// Where `lib` can be changed in one place, and to what.
//
// Left out, because no test could or should notice:
// - types, imports, exports and comments: nothing of them runs;
// - texts: what logs and errors say, that is strings and templates that hold a space, name a problem (`what`, `remedy`…),
//   or are arguments of a logger or an error; test/e2e/mistakes compares the texts that users meet most;
// - `// perf:` fast paths: the way around them gives the same result, and `bench:check` counts what they save.
import ts from 'typescript';

const K = ts.SyntaxKind;

const OPERATORS = {
  '&&': '||',
  '||': '&&',
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '+=': '-=',
  '-=': '+=',
};

/** The fields of problems and exceptions that hold a text. */
const TEXT_FIELDS = /^(what|where|remedy|how|message|culprit|description|advice)$/;

/** What is called with texts for people. */
const TELLS = /^(logger|console)\b|\b(warn|error|debug|verbose|log)$|(Exception|Error|Problem|problem|conflict)$/;

/**
 * All places of one file, in the order of the text.
 * @returns {{ kind: string, start: number, end: number, replacement: string }[]}
 */
export function candidatesIn(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];

  const add = (kind, node, replacement) =>
    found.push({ kind, start: node.getStart(source), end: node.getEnd(), replacement });
  const textOf = node => node.getText(source);

  const negate = condition => {
    const isNegation = ts.isPrefixUnaryExpression(condition) && condition.operator === K.ExclamationToken;
    // Of `a === b` the operator is changed anyway.
    const isComparison = ts.isBinaryExpression(condition) && /^[!=]==$/.test(textOf(condition.operatorToken));
    if (!isNegation && !isComparison) add('condition negated', condition, `!(${textOf(condition)})`);
  };

  const visit = node => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      // `extends Base<T>` is a type node with an expression in it; nothing in there is worth changing.
      return;
    }
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || isForSpeed(node, text)) return;

    if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) negate(node.expression);
    else if (ts.isConditionalExpression(node)) negate(node.condition);
    else if (ts.isBinaryExpression(node)) changeBinary(node);
    else if (ts.isPrefixUnaryExpression(node)) changeUnary(node);
    else if (ts.isPostfixUnaryExpression(node)) add('operator', node, swapStep(textOf(node)));
    else if (node.kind === K.TrueKeyword) add('boolean', node, 'false');
    else if (node.kind === K.FalseKeyword) add('boolean', node, 'true');
    else if (ts.isNumericLiteral(node)) add('number', node, `(${textOf(node)} + 1)`);
    else if (ts.isStringLiteral(node)) changeString(node);
    else if (ts.isExpressionStatement(node) || ts.isThrowStatement(node)) removeStatement(node);
    else if (ts.isContinueStatement(node)) add('statement removed', node, ';');
    else if (ts.isReturnStatement(node) && node.expression && !isEmptyOrTurned(node.expression))
      add('returns undefined', node, 'return undefined;');
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body) && !isEmptyOrTurned(node.body))
      add('returns undefined', node.body, 'undefined');
    else if (ts.isArrayLiteralExpression(node)) removeElements(node.elements);
    else if (ts.isObjectLiteralExpression(node)) removeElements(node.properties.filter(ts.isSpreadAssignment));

    if (node.questionDotToken) {
      const isAccess = ts.isPropertyAccessExpression(node);
      add('optional chaining removed', node.questionDotToken, isAccess ? '.' : '');
    }
    ts.forEachChild(node, visit);
  };

  const changeBinary = node => {
    const operator = textOf(node.operatorToken);
    if (operator === '??') return add('default removed', node, textOf(node.left));
    if (operator === '+') {
      if (!isText(node.left) && !isText(node.right)) add('operator', node.operatorToken, '-');
    } else if (OPERATORS[operator]) add('operator', node.operatorToken, OPERATORS[operator]);
  };

  const changeUnary = node => {
    const { operand, operator } = node;
    if (operator === K.ExclamationToken) add('negation removed', node, `(${textOf(operand)})`);
    else if (operator === K.MinusToken) add('operator', node, `(${textOf(operand)})`);
    else if (operator !== K.PlusToken && operator !== K.TildeToken) add('operator', node, swapStep(textOf(node)));
  };

  const changeString = node => {
    if (node.text === '' || /\s/.test(node.text) || isToldText(node, textOf)) return;
    if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return;
    if (ts.isExternalModuleReference(node.parent)) return;
    add('string emptied', node, "''");
  };

  const removeStatement = node => {
    const { expression } = node;
    // A constructor without its `super()` does not run at all.
    if (ts.isCallExpression(expression) && expression.expression.kind === K.SuperKeyword) return;
    if (ts.isStringLiteral(expression) || isTelling(expression, textOf)) return;
    add('statement removed', node, ';');
  };

  const removeElements = elements => {
    for (const element of elements) {
      const end = text.slice(element.getEnd()).match(/^\s*,/)?.[0].length ?? 0;
      found.push({
        kind: ts.isSpreadElement(element) || ts.isSpreadAssignment(element) ? 'spread removed' : 'element removed',
        start: element.getStart(source),
        end: element.getEnd() + end,
        replacement: '',
      });
    }
  };

  visit(source);
  return found.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

/** The text of a file with one place changed. */
export const mutated = (text, { start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end);

/** Whether a file can be read once a candidate is in it: a few cannot, as an element that is taken out of a pattern. */
export function parses(file, text, candidate) {
  const source = ts.createSourceFile(file, mutated(text, candidate), ts.ScriptTarget.Latest);
  return source.parseDiagnostics.length === 0;
}

const swapStep = text => (text.includes('++') ? text.replace('++', '--') : text.replace('--', '++'));

const isText = node => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

const isUndefined = node => node.kind === K.VoidExpression || (ts.isIdentifier(node) && node.text === 'undefined');

/** Of `true` and `false` the other one is tried; who asks cannot tell `undefined` from `false`. */
const isEmptyOrTurned = node => isUndefined(node) || node.kind === K.TrueKeyword || node.kind === K.FalseKeyword;

const isForSpeed = (node, text) =>
  ts.isStatement(node) &&
  (ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []).some(({ pos, end }) =>
    text.slice(pos, end).includes('perf:'),
  );

/** Whether an expression only says something to people. */
const isTelling = (node, textOf) => ts.isCallExpression(node) && /^(this\.)?(#?logger|console)\b/.test(textOf(node));

/** Whether a string is a text, or a part of one. */
function isToldText(node, textOf) {
  for (let at = node; at.parent; at = at.parent) {
    const { parent } = at;
    if (ts.isPropertyAssignment(parent) && TEXT_FIELDS.test(textOf(parent.name))) return true;
    if (ts.isTemplateSpan(parent)) return true;
    if ((ts.isCallExpression(parent) || ts.isNewExpression(parent)) && at !== parent.expression)
      return TELLS.test(textOf(parent.expression));
    if (ts.isStatement(parent)) return false;
  }
  return false;
}
