/** Longer labels are cut. */
const LONGEST_LABEL = 200;

/** Mermaid refuses more, unless it is configured. */
const LIMIT = { edges: 500, characters: 50_000 };

/** A node: nodes of one role and label are one. */
export type ChartNode = readonly [role: string, label: string];

/** The lines of a Mermaid flow chart, one an arrow. */
export class Chart {
  private readonly identifiers = new Map<string, string>();
  private readonly lines = ['flowchart LR'];

  connect(from: ChartNode, to: ChartNode, label: string): void {
    this.arrow(from, to, label === '' ? '-->' : `-->|"${escaped(label)}"|`);
  }

  /** What was seen. */
  connectDashed(from: ChartNode, to: ChartNode, label: string): void {
    this.arrow(from, to, `-.->|"${escaped(label)}"|`);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  private arrow(from: ChartNode, to: ChartNode, arrow: string): void {
    const start = this.node(from);
    this.lines.push(`  ${start} ${arrow} ${this.node(to)}`);
  }

  private node([role, label]: ChartNode): string {
    const key = `${role} ${label}`;
    if (!this.identifiers.has(key)) this.identifiers.set(key, `n${this.identifiers.size}`);
    return `${this.identifiers.get(key)!}["${escaped(label)}"]`;
  }
}

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
