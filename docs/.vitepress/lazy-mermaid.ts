import type { Mermaid, MermaidConfig, RenderResult } from 'mermaid';

// The plugin imports `mermaid` into every page. This stands in its place and loads it with the first diagram.
let config: MermaidConfig = {};

export default {
  initialize(given: MermaidConfig): void {
    config = given;
  },

  async render(id: string, diagram: string): Promise<RenderResult> {
    const mermaid = await load();
    mermaid.initialize(config);
    return mermaid.render(id, diagram);
  },
};

/** The bundle that mermaid ships: to make one of its sources takes longer than all of the pages. */
const load = async (): Promise<Mermaid> => (await import('mermaid/dist/mermaid.esm.min.mjs')).default;
