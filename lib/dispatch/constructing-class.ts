/**
 * The class of the provider whose constructor the caller runs in, as the stack names it: the outermost constructor, for a
 * provider may construct others, and what extends a class calls its constructor.
 * @returns undefined where no constructor is on the stack, as in a factory
 */
export const constructingClass = (): string | undefined =>
  sitesOfCaller()
    .filter(site => site.isConstructor() && site.getFileName() !== null && site.getFileName() !== undefined)
    .at(-1)
    ?.getFunctionName() ?? undefined;

/**
 * The stack as V8 has it: as text it may have been rewritten by source maps, as Jest does, which puts other names in
 * place of constructors. Where `Error` is frozen there is nothing to ask.
 */
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
    // Nothing was put in its place.
  }
}
