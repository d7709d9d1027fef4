/** What a reader is asked to try. */
export function startText(addresses: readonly string[]): string {
  const pages = addresses.map(address => `  ${address}`).join('\n');
  const others =
    addresses.length > 1
      ? 'Each address is a process of its own. What you change on one page is shown on both.'
      : 'Open it twice. With REDIS_URL, two processes are started, and each shows what the other changes.';
  return `
The board is at

${pages}

${others}
Ctrl+C stops it.
`;
}
