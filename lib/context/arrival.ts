import { libraryHeader, type Headers } from './header.js';

/** The `messageId` of a message that came from another process. Copied onto another message it says nothing. */
const ARRIVED = libraryHeader<string>('arrived');

export const asArrival = (headers: Headers, messageId: string): Headers => ({ ...headers, ...ARRIVED.of(messageId) });

/** @param of options of a dispatch, or its context */
export function isArrival(of: {
  readonly headers?: Headers | undefined;
  readonly messageId?: string | undefined;
}): boolean {
  const arrived = of.headers && ARRIVED.in(of.headers);
  return arrived !== undefined && arrived === of.messageId;
}
