import { EMPTY, map, mergeMap, type Observable, type UnaryFunction } from 'rxjs';
import type { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import type { IEvent } from '../messages/message.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';

/** Turns the stream of events into the results of one handler. */
export type EventOperator<EventBase extends IEvent = IEvent> = UnaryFunction<
  Observable<EventBase>,
  Observable<unknown>
>;

export function operatorsOf<EventBase extends IEvent>(
  registry: EventHandlerRegistry,
  dispatcher: Dispatcher,
): EventOperator<EventBase>[] {
  const invokers = new Set([...registry].flatMap(([, handlers]) => handlers));
  return [...invokers].map(
    invoker => events$ =>
      events$.pipe(
        map(event => event as object),
        map(event => ({
          event,
          pipeline: dispatcher.pipelinesOf(event).all.find(pipeline => pipeline.invoker === invoker),
        })),
        mergeMap(({ event, pipeline }) => (pipeline ? Promise.resolve(dispatcher.run(pipeline, event)) : EMPTY)),
      ),
  );
}
