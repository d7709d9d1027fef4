/** What is used of an instance of `BentoCache`, version 1.6. */
export interface AnyBentoCache {
  get(options: { key: string; suppressL2Errors: boolean }): Promise<unknown>;
  set(options: {
    key: string;
    value: unknown;
    ttl: number;
    tags: string[];
    suppressL2Errors: boolean;
  }): Promise<boolean>;
  delete(options: { key: string; suppressL2Errors: boolean }): Promise<boolean>;
  deleteByTag(options: { tags: string[]; suppressL2Errors: boolean }): Promise<boolean>;
  clear(options: { suppressL2Errors: boolean }): Promise<void>;
  disconnectAll(): Promise<void>;
  on(event: 'bus:message:received', listener: (said: BusMessage) => void): unknown;
  off(event: 'bus:message:received', listener: (said: BusMessage) => void): unknown;
}

/** A message of another process. */
export interface BusMessage {
  readonly message: { readonly keys: readonly string[] };
}

/** Under such a key it writes when a tag was touched, and tells other processes of the key. */
const TAG = '___bc:t:';

export const tagsIn = ({ message: { keys } }: BusMessage): string[] =>
  keys.filter(key => key.startsWith(TAG)).map(key => key.slice(TAG.length));
