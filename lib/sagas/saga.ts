import type { Observable } from 'rxjs';
import type { MessageContext } from '../context/message-context.js';
import type { ICommand, IEvent } from '../messages/message.js';

/** A saga as @nestjs/cqrs types it. */
export type ISaga<EventBase extends IEvent = IEvent, CommandBase extends ICommand = ICommand> = (
  events$: Observable<EventBase>,
) => Observable<CommandBase>;

/** A command; something falsy is ignored. `void` is what `map(() => { … })` emits. */
export type SagaEmission = object | null | undefined | false | void;

/** What a saga returns for the stream. */
export type SagaCommands = Observable<SagaEmission> | AsyncIterable<SagaEmission>;

/** What a saga returns for one event. */
export type SagaReaction = SagaEmission | Iterable<SagaEmission> | SagaCommands;

/** A saga that is given the stream of events. */
export type StreamSagaFunction = (events$: any) => SagaCommands; // eslint-disable-line @typescript-eslint/no-explicit-any -- users choose the type

/** A saga that is called with one event after another. */
export type PlainSagaFunction<TEvent> = (
  event: TEvent,
  context: MessageContext,
) => SagaReaction | PromiseLike<SagaReaction>;
