/** What the report tells of each file, by kind and line. */
export function toldIn(output: string): Map<string, string[]> {
  const told = new Map<string, string[]>();
  const kinds: Record<string, string> = {
    'The result of publish': 'waits',
    'publish of a list': 'list',
    'Subclass of': 'subclass',
    'Two handlers': 'duplicateHandler',
    'Two message classes': 'sameName',
    'Member of a bus': 'removedMember',
    ASYNC_CONTEXT_ATTRIBUTE: 'contextAttribute',
    'CqrsModule.forRoot more': 'forRootTwice',
    rethrowUnhandled: 'rethrow',
  };
  let kind = '';
  for (const line of output.slice(output.indexOf('to look at')).split('\n')) {
    kind = Object.entries(kinds).find(([start]) => line.startsWith(start))?.[1] ?? kind;
    const [, file, number, what] = /^ {2}(\S+):(\d+):\d+ {2}(.*)$/.exec(line) ?? [];
    if (file !== undefined) told.set(file, [...(told.get(file) ?? []), `${number} ${kind} ${what}`]);
  }
  return told;
}

/** By line. */
export const sorted = (lines: readonly string[]): string[] =>
  lines.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
