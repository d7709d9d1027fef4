import type { Observable } from 'rxjs';
import type { MessageContext } from '../context/message-context.js';
import type { ICommand, IEvent } from '../messages/message.js';

/** A saga as @nestjs/cqrs types it: makes a stream of commands from the stream of events. */
export type ISaga<EventBase extends IEvent = IEvent, CommandBase extends ICommand = ICommand> = (
  events$: Observable<EventBase>,
) => Observable<CommandBase>;

/** What a saga may emit: a command, or something falsy, which is ignored. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what `map(() => { … })` makes, and sagas for side effects emit
export type SagaEmission = object | null | undefined | false | void;

/** What a saga that is given the stream of events returns. */
export type SagaCommands = Observable<SagaEmission> | AsyncIterable<SagaEmission>;

/** What a saga that is given one event returns. */
export type SagaReaction = SagaEmission | Iterable<SagaEmission> | SagaCommands;

/** A saga that is given the stream of events. */
export type StreamSagaFunction = (events$: any) => SagaCommands; // eslint-disable-line @typescript-eslint/no-explicit-any -- users type the stream as the Observable of any event base, or as EventStream

/** A saga that is given one event after another. */
export type PlainSagaFunction<TEvent> = (
  event: TEvent,
  context: MessageContext,
) => SagaReaction | PromiseLike<SagaReaction>;
