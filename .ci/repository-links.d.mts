export function addressOf(path: string, revision: string, manifest: object): string | undefined;
export function withAddresses(page: string, revision: string, manifest: object): string;
