// Metadata keys of @nestjs/cqrs, which these decorators write too.

/** Holds `{ id }`. */
export const COMMAND_METADATA = '__command__';
export const COMMAND_HANDLER_METADATA = '__commandHandler__';
/** Holds `{ id }`. */
export const QUERY_METADATA = '__query__';
export const QUERY_HANDLER_METADATA = '__queryHandler__';
/** Holds `{ id }`. */
export const EVENT_METADATA = '__event__';
export const EVENTS_HANDLER_METADATA = '__eventsHandler__';
/** On a class: properties of its sagas. */
export const SAGA_METADATA = '__saga__';
