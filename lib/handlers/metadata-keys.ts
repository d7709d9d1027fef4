/** The metadata keys of @nestjs/cqrs, under which its decorators and these leave what they were told. */
export const COMMAND_METADATA = '__command__';
export const COMMAND_HANDLER_METADATA = '__commandHandler__';
export const QUERY_METADATA = '__query__';
export const QUERY_HANDLER_METADATA = '__queryHandler__';
export const EVENT_METADATA = '__event__';
export const EVENTS_HANDLER_METADATA = '__eventsHandler__';
export const SAGA_METADATA = '__saga__';
