import type { MessageKind } from '../messages/message.js';
import type { ObservedOptions } from './observed.js';

/** One message's way to a handler. */
export interface WiringEntry {
  /** `saga` turns events into commands; `any` is a route whose kind the first message tells. */
  readonly kind: MessageKind | 'saga' | 'any';
  /** For a saga its events, or `*` for the whole stream. */
  readonly message: string;
  /** Library of its schema, such as `zod`. */
  readonly schema?: string;
  /** Outermost first; a time limit as `timeLimit(5000)`. */
  readonly middleware: readonly string[];
  /** Nest's guards, interceptors, pipes and filters: `guard RolesGuard`. */
  readonly enhancers?: readonly string[];
  readonly handler: string;
  /** Undefined for functions registered at run time. */
  readonly module?: string | undefined;
  /** What carries the message to another process, as `tcp`; the handler is the name of that process. */
  readonly transport?: string;
  /** Servers on which other processes may send it, as `billing (tcp)`. */
  readonly exposed?: readonly string[];
  /** Where messages wait for it, as `bookkeeping (pg-boss)`. */
  readonly queue?: string;
}

/** What a text or diagram shows. */
export interface WiringTextOptions extends ObservedOptions {
  /** Shows the middleware that `propagateContext` adds everywhere. Default: false. */
  readonly propagation?: boolean;
  /** Lists handler classes declared in this process but not provided. Default: false. */
  readonly notProvided?: boolean;
  /** Leaves out the other entries. Default: all are shown. */
  readonly only?: (entry: WiringEntry) => boolean;
}
