/**
 * The outermost constructor on the stack: the provider under construction.
 * @returns undefined in a factory
 */
export const constructingClass = (): string | undefined =>
  sitesOfCaller()
    .filter(site => site.isConstructor() && site.getFileName() !== null && site.getFileName() !== undefined)
    .at(-1)
    ?.getFunctionName() ?? undefined;

/** V8's call sites: source maps rename constructors in the text. A frozen `Error` has none. */
function sitesOfCaller(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_error, sites) => sites;
    const { stack } = new Error('for its stack') as { stack?: unknown };
    return Array.isArray(stack) ? (stack as NodeJS.CallSite[]) : [];
  } catch {
    return [];
  } finally {
    restore(prepareStackTrace);
  }
}

function restore(prepareStackTrace: typeof Error.prepareStackTrace): void {
  try {
    Error.prepareStackTrace = prepareStackTrace;
  } catch {
    // `Error` is frozen.
  }
}
