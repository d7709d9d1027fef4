/** Longer labels are cut. */
const LONGEST_LABEL = 200;

/** Mermaid refuses more, unless it is configured. */
const LIMIT = { edges: 500, characters: 50_000 };

/** A node: nodes of one role and label are one. */
export type ChartNode = readonly [role: string, label: string];

/** How nodes of a role look, in light and dark themes; by their border alone, so that not only the colour differs. */
const STYLES: Readonly<Record<string, string>> = {
  command: 'stroke:#2563eb,stroke-width:2px',
  query: 'stroke:#16a34a,stroke-width:2px,stroke-dasharray:6 3',
  event: 'stroke:#d97706,stroke-width:4px',
  saga: 'stroke:#9333ea,stroke-width:2px,stroke-dasharray:2 2',
};

/** The lines of a Mermaid flow chart: one for each arrow, then frames and styles. */
export class Chart {
  private readonly identifiers = new Map<string, string>();
  private readonly lines = ['flowchart LR'];
  private readonly frames = new Map<string, Set<string>>();
  private readonly styled = new Map<string, Set<string>>();

  connect(from: ChartNode, to: ChartNode, label: string): void {
    this.arrow(from, to, label === '' ? '-->' : `-->|"${escaped(label)}"|`);
  }

  /** What was seen. */
  connectDashed(from: ChartNode, to: ChartNode, label: string): void {
    this.arrow(from, to, `-.->|"${escaped(label)}"|`);
  }

  /** Draws a node of an arrow within a frame. */
  frame(title: string, [role, label]: ChartNode): void {
    add(this.frames, title, this.identifiers.get(`${role} ${label}`)!);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** With frames and styles, each where it tells something apart. */
  get decorated(): string {
    const frames = this.frames.size < 2 ? [] : [...this.frames].flatMap(frameOf);
    const styles = this.styled.size < 2 ? [] : [...this.styled].flatMap(styleOf);
    return [...this.lines, ...frames, ...styles].join('\n');
  }

  private arrow(from: ChartNode, to: ChartNode, arrow: string): void {
    const start = this.node(from);
    this.lines.push(`  ${start} ${arrow} ${this.node(to)}`);
  }

  private node([role, label]: ChartNode): string {
    const key = `${role} ${label}`;
    const id = this.identifiers.get(key) ?? `n${this.identifiers.size}`;
    this.identifiers.set(key, id);
    if (Object.hasOwn(STYLES, role)) add(this.styled, role, id);
    return `${id}["${escaped(label)}"]`;
  }
}

function add(groups: Map<string, Set<string>>, name: string, id: string): void {
  groups.set(name, (groups.get(name) ?? new Set()).add(id));
}

const frameOf = ([title, ids]: [string, ReadonlySet<string>], i: number): string[] => [
  `  subgraph m${i}["${escaped(title)}"]`,
  ...[...ids].map(id => `    ${id}`),
  '  end',
];

const styleOf = ([role, ids]: [string, ReadonlySet<string>]): string[] => [
  `  classDef ${role} ${STYLES[role]}`,
  `  class ${[...ids].join(',')} ${role}`,
];

export const fits = (chart: string): boolean =>
  chart.length <= LIMIT.characters && chart.split('\n').length - 1 <= LIMIT.edges;

/** What Mermaid takes for the end of a label, a tag, an entity or Markdown. */
const SPECIAL: Readonly<Record<string, string>> = {
  '"': '#quot;',
  '#': '#35;',
  '&': '#amp;',
  '<': '#lt;',
  '>': '#gt;',
  '`': '#96;',
};

const escaped = (label: string): string =>
  (label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label)
    .replace(/["#&<>`]/g, character => SPECIAL[character]!)
    .replace(/[\p{Cc}\s]+/gu, ' ');
