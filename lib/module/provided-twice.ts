import type { FoundProvider, ProviderExplorer } from './provider-explorer.js';

/** What is provided twice, and what to do. */
export interface ProvidedTwice {
  /** Completes the sentence that begins with the name of the class. */
  readonly how: string;
  readonly where: string;
  readonly remedy: string;
}

/**
 * Says how one class came to be provided by two modules: in two of them, or by a dynamic module that is imported twice
 * with different options, which Nest makes two modules of.
 */
export function providedTwice(one: FoundProvider, other: FoundProvider, explorer: ProviderExplorer): ProvidedTwice {
  const [first, second] = [one.wrapper.host, other.wrapper.host];
  if (!first || !second || first.metatype !== second.metatype) {
    const names = `${first?.metatype.name} and ${second?.metatype.name}`;
    return {
      how: `is provided by two modules: ${names}`,
      where: `${first?.metatype.name}; ${second?.metatype.name}`,
      remedy: 'Provide it in one module and export it.',
    };
  }
  const importers = [first, second].map(
    module =>
      explorer
        .importersOf(module)
        .map(({ name }) => name)
        .join(', ') || 'a module',
  );
  return {
    how: `is provided by ${first.name}, which is imported twice with different options: by ${importers.join(' and by ')}`,
    where: importers.join('; '),
    remedy: `Import ${first.name} once with options, in a module that exports it; or provide the handler in a module without options.`,
  };
}
