export function addressOf(path: string, revision: string, manifest: object): string | undefined;
