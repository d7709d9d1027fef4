/**
 * Whether a function asks for its n-th argument: it declares it, with or without a default, or takes any number of
 * them (as the wrappers that method decorators leave do). Mock functions of jest and vitest take any number too, but
 * only what they declare is meant: a test expects them to be called with the message alone.
 */
export function declaresParameter(declared: unknown, n: number): boolean {
  if (typeof declared !== 'function') return true;
  if (declared.length >= n) return true;
  if ((declared as { _isMockFunction?: boolean })._isMockFunction) return false;
  const known = declaredIn.get(declared) ?? countParameters(declared);
  declaredIn.set(declared, known);
  return known >= n;
}

/** How many arguments functions ask for; to read their text takes longer than to call them. */
const declaredIn = new WeakMap<object, number>();

function countParameters(declared: object): number {
  const text = Function.prototype.toString.call(declared).replaceAll(NO_CODE, '""');
  const parameters = parametersOf(text);
  const takesAny = parameters.some(one => one.trim().startsWith('...')) || /\barguments\b/.test(text);
  return takesAny ? Infinity : parameters.length;
}

/** Strings and comments, in which brackets and commas mean nothing. */
const NO_CODE = /\/\*[^]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** The texts between the commas of a parameter list; `length` of a function ends at the first that has a default. */
function parametersOf(text: string): string[] {
  if (/^(async\s+)?[\w$]+\s*=>/.test(text)) return [''];
  const parameters = [''];
  let depth = 0;
  for (const char of text.slice(text.indexOf('('))) {
    if (')]}'.includes(char) && --depth === 0) break;
    if (char === ',' && depth === 1) parameters.push('');
    else if (depth > 0) parameters[parameters.length - 1] += char;
    if ('([{'.includes(char)) depth++;
  }
  return parameters.filter(one => one.trim() !== '');
}
