import { header } from '../../index.js';

export const tenant = header<string>('conformance-tenant');

/** Reaches dispatches that the message causes, and stays in the process. */
export const session = header<string>('conformance-session', { travels: 'in-process' });

/** For handlers of the message alone. */
export const secret = header<string>('conformance-secret', { travels: false });
