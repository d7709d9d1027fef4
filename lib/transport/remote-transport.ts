import type { Observable } from 'rxjs';
import type { ControlFrame, ReplyFrame, RequestFrame } from './frame.js';

/** What a transport can do. The conformance suite checks it. */
export interface RemoteFeatures {
  /** Each request reaches one of several servers. Without it every server would run every command. */
  readonly sharesLoad: boolean;
  /** A request may have several replies, which arrive in order. */
  readonly manyReplies: boolean;
  /** `emit` reaches one server among several: cancelling, and rows that the reader slows down. */
  readonly addressable: boolean;
  /** A request that no server takes fails at once. */
  readonly tellsNobodyListens: boolean;
}

interface Carrier {
  /** The service, as routes and errors name it. */
  readonly name: string;
  /** What carries the messages, as `tcp`. */
  readonly engine: string;
  readonly features: RemoteFeatures;
}

/** Carries requests to another process and brings replies back. Implemented by adapters. */
export interface RemoteTransport extends Carrier {
  /**
   * Sends a request when it is subscribed to.
   * @param frame plain JSON
   * @returns replies in order; completes after the last one, fails with a `TransportException` for a failure of
   *   carrying. Unsubscribing releases what the request holds; later replies are dropped.
   */
  request(pattern: string, frame: RequestFrame): Observable<ReplyFrame>;
  /** Sends a frame without a reply; needed for the feature `addressable`. */
  emit?(pattern: string, frame: ControlFrame): Promise<void>;
  /** Called once, after the last message of the application. */
  close?(): Promise<void>;
}

/** Takes requests in. Implemented by adapters. */
export interface RemoteServer extends Carrier {
  /** Called once, before `listen`. */
  serve(endpoints: readonly Endpoint[], application: ServingApplication): void;
  /** Called once the application has started. Left out where the user starts the server. */
  listen?(): Promise<void>;
  /** Called once, after all requests have been answered. */
  close?(): Promise<void>;
}

/** What a server is told of the application. */
export interface ServingApplication {
  /** For a server that the user closes: refuses new requests; resolves when those that run have been answered. */
  drain(): Promise<void>;
}

/** One pattern that a server takes in. */
export interface Endpoint {
  readonly pattern: string;
  /** `one`: one process of the service gets each request. `each`: a frame for this process, without a reply. */
  readonly to: 'one' | 'each';
  /**
   * Handles one request. Never throws, and the Observable never fails: failures are replies.
   * @param frame as it arrived; it may be anything
   * @param disconnected aborted when the caller is gone, where the transport knows
   * @returns replies; handling starts with the subscription
   */
  handle(frame: unknown, disconnected?: AbortSignal): Observable<ReplyFrame>;
}
