// Keys of @nestjs/cqrs, which these decorators write too.

/** On a command: `{ id }`. */
export const COMMAND_METADATA = '__command__';
/** On a handler: the command class. */
export const COMMAND_HANDLER_METADATA = '__commandHandler__';
/** On a query: `{ id }`. */
export const QUERY_METADATA = '__query__';
/** On a handler: the query class. */
export const QUERY_HANDLER_METADATA = '__queryHandler__';
/** On an event: `{ id }`. */
export const EVENT_METADATA = '__event__';
/** On a handler: the event classes. */
export const EVENTS_HANDLER_METADATA = '__eventsHandler__';
/** On a class: properties of its sagas. */
export const SAGA_METADATA = '__saga__';
