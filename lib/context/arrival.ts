import { header, type Headers } from './header.js';

/** On messages that came from another process; messages that they cause do not have it. */
const ARRIVED = header<true>('arrived', { travels: false });

export const asArrival = (headers: Headers): Headers => ({ ...headers, ...ARRIVED.of(true) });

export const isArrival = (headers: Headers | undefined): boolean =>
  headers !== undefined && ARRIVED.in(headers) === true;
