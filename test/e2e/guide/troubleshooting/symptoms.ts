/** For a heading of docs/troubleshooting.md, programs that have the symptom, and the texts that they print. */
export type Symptoms = Readonly<Record<string, () => Promise<readonly string[]>>>;

/** Of a text of Nest: the lines that follow are general advice. */
export const firstLine = (text: string): string => text.split('\n', 1)[0]!;
