import { sortedBy } from '../introspection/identifiers.js';
import { withSources } from '../introspection/source-locations.js';
import type { WiringUnseen } from '../introspection/wiring-document.js';

/** Token of a value that is there only where the wiring is looked at without starting anything. */
export const CQRS_PREVIEW = Symbol('CQRS_PREVIEW');

/** Token of a value that is there only where an application is started to look at it: it takes in no messages. */
export const CQRS_IDLE = Symbol('CQRS_IDLE');

/** In a preview Nest constructs no provider: instances have their methods, but neither fields nor what is injected. */
export interface Preview {
  /** Notes what cannot be known without instances. */
  unseen(provider: string, why: string): void;
}

/** What a preview could not see. */
export class PreviewNotes implements Preview {
  private readonly notes = new Map<string, string>();

  unseen(provider: string, why: string): void {
    if (!this.notes.has(provider)) this.notes.set(provider, why);
  }

  /** @param factories providers whose class only the factory knows; what comes from a package is not a handler */
  list(factories: readonly { readonly name: string; readonly classes: readonly object[] }[]): WiringUnseen[] {
    withSources(sourceOf => {
      for (const { name, classes } of factories)
        if (!classes.some(type => sourceOf(type)?.file.includes('node_modules/')))
          this.unseen(name, 'a factory makes it, and may make a handler, a saga or a middleware');
    });
    return sortedBy(
      [...this.notes].map(([provider, why]) => ({ provider, why })),
      ({ provider }) => provider,
    );
  }
}
