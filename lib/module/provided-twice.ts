import type { FoundProvider, ProviderExplorer } from './provider-explorer.js';

export interface ProvidedTwice {
  /** Completes a sentence after the class name. */
  readonly how: string;
  readonly where: string;
  readonly remedy: string;
}

/** Two modules list the class, or Nest made two of one dynamic module with different options. */
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
