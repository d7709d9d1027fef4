// The keys under which the decorators of @nestjs/cqrs, and these, leave what they were told.

/** On a command: its identifier, `{ id }`. */
export const COMMAND_METADATA = '__command__';
/** On a command handler: the class of its command. */
export const COMMAND_HANDLER_METADATA = '__commandHandler__';
/** On a query: its identifier, `{ id }`. */
export const QUERY_METADATA = '__query__';
/** On a query handler: the class of its query. */
export const QUERY_HANDLER_METADATA = '__queryHandler__';
/** On an event: its identifier, `{ id }`. */
export const EVENT_METADATA = '__event__';
/** On an event handler: the classes of its events. */
export const EVENTS_HANDLER_METADATA = '__eventsHandler__';
/** On a class with sagas: their properties. */
export const SAGA_METADATA = '__saga__';
