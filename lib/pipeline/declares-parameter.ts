/**
 * Whether a function asks for its n-th argument: it declares it, or takes any number of them (as the
 * wrappers that method decorators leave do). Mock functions of jest and vitest take any number too, but
 * only what they declare is meant: a test expects them to be called with the message alone.
 */
export function declaresParameter(declared: unknown, n: number): boolean {
  if (typeof declared !== 'function') return true;
  if (declared.length >= n) return true;
  if ((declared as { _isMockFunction?: boolean })._isMockFunction) return false;
  const text = Function.prototype.toString.call(declared);
  return /\barguments\b/.test(text) || /^[^{)]*\([^{)]*\.\.\./.test(text);
}
