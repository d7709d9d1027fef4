import type { CachedDescription } from '../caching/tag-patterns.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type {
  WiringExposure,
  WiringHandler,
  WiringMiddleware,
  WiringMistake,
  WiringQueue,
  WiringRoute,
  WiringSaga,
  WiringSchedule,
  WiringUnseen,
} from './wiring-document.js';

/** A module of Nest. Two modules of one class differ by `key`. */
export interface SurveyedModule {
  readonly key: object;
  readonly name: string;
  readonly type: object;
}

/** A middleware in one place. */
export interface SurveyedLayer extends Pick<WiringMiddleware, 'name' | 'form' | 'builtIn'> {
  /** The class, instance or function. */
  readonly target: object;
  readonly module: SurveyedModule | undefined;
  readonly declaredAt: string;
  readonly because: string;
  /** Why it does not run here. */
  readonly leftOut: string | undefined;
}

/** A handler with its messages. */
export interface SurveyedHandler extends Pick<WiringHandler, 'name' | 'form' | 'scope' | 'enhancers' | 'phase'> {
  readonly kind: MessageKind;
  /** The same object as in contexts and probes. */
  readonly identity: HandlerIdentity;
  /** The class; a method has its source there. */
  readonly type: object;
  readonly method: string | symbol;
  readonly module: SurveyedModule | undefined;
  readonly types: readonly MessageType[];
  /** All that was considered, outermost first. */
  layersOf(type: MessageType): readonly SurveyedLayer[];
  /** Declared on the handler itself. */
  readonly timeout: number | undefined;
  /** How answers of a query are kept. */
  cachedOf(type: MessageType): CachedDescription | undefined;
  /** The tags that a message touches; undefined if it touches some and they cannot be told. */
  touchesOf(type: MessageType): readonly string[] | undefined;
}

/** A saga. */
export interface SurveyedSaga extends Pick<WiringSaga, 'name' | 'form'> {
  /** The same object as in contexts and probes. */
  readonly identity: HandlerIdentity;
  readonly type: object;
  readonly module: SurveyedModule | undefined;
  /** Undefined: all events. */
  readonly events: readonly MessageType[] | undefined;
}

/** A route to another process. */
export interface SurveyedRoute extends Omit<WiringRoute, 'message' | 'middleware'> {
  readonly message: MessageType | string;
  readonly layers: readonly SurveyedLayer[];
}

/** What the wiring of an application consists of, with the classes themselves. */
export interface Survey {
  readonly handlers: readonly SurveyedHandler[];
  readonly sagas: readonly SurveyedSaga[];
  readonly routes: readonly SurveyedRoute[];
  readonly exposures: readonly (Omit<WiringExposure, 'messages'> & { readonly messages: readonly MessageType[] })[];
  readonly queues: readonly (Omit<WiringQueue, 'messages' | 'handler'> & {
    readonly messages: readonly MessageType[];
    readonly handler: SurveyedHandler | undefined;
  })[];
  readonly schedules: readonly (Omit<WiringSchedule, 'message'> & { readonly message: MessageType })[];
  readonly problems: readonly WiringMistake[];
  /** Call it last: describing middleware finds more. */
  unseen(): readonly WiringUnseen[];
  /** By class, decorators or sagas; undefined if nothing tells. */
  kindOf(type: MessageType): MessageKind | undefined;
  /** The tags that messages of this process touch, as patterns; undefined if some cannot be told. */
  touched(): readonly string[] | undefined;
  /** Messages that decorators of this process name, handled or not. */
  declaredMessages(): readonly MessageType[];
  /** Classes with a decorator for exactly this message that are not provided. */
  notProvided(type: MessageType): readonly object[];
  /** What may have been meant, for a message that nothing handles. */
  nearMiss(type: MessageType, kind: MessageKind): string | undefined;
}

/** Of an application that is not wired. */
export const NOTHING: Survey = {
  handlers: [],
  sagas: [],
  routes: [],
  exposures: [],
  queues: [],
  schedules: [],
  problems: [],
  unseen: () => [],
  kindOf: () => undefined,
  touched: () => [],
  declaredMessages: () => [],
  notProvided: () => [],
  nearMiss: () => undefined,
};
