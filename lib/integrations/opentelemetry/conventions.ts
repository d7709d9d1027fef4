// Names of the semantic conventions of OpenTelemetry for messaging. They are in development: their next version may
// rename some, so that they stand here alone, and not in a package whose minor versions may do the same.

/** Version 1.44.0 of the conventions. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.44.0';

/** Of the tracer and the meter. */
export const SCOPE = 'nestjs-cqrs';

/** The major version of this package. */
export const MAJOR = '12';

export const SYSTEM = 'messaging.system';
export const OPERATION_NAME = 'messaging.operation.name';
export const OPERATION_TYPE = 'messaging.operation.type';
export const DESTINATION = 'messaging.destination.name';
export const SUBSCRIPTION = 'messaging.destination.subscription.name';
export const MESSAGE_ID = 'messaging.message.id';
export const CONVERSATION_ID = 'messaging.message.conversation_id';
export const ERROR_TYPE = 'error.type';

export const PROCESS_DURATION = 'messaging.process.duration';
export const SENT_MESSAGES = 'messaging.client.sent.messages';

// Of this library.
export const KIND = 'cqrs.message.kind';
export const HANDLER = 'cqrs.handler';
export const HANDLERS = 'cqrs.handlers';
export const MODULE = 'cqrs.module';
export const ATTEMPT = 'cqrs.attempt';
export const MIDDLEWARE = 'cqrs.middleware';
export const PUBLISHER = 'cqrs.publisher';
export const SAGA = 'cqrs.saga';

export const ACTIVE = 'cqrs.active';
export const UNHANDLED = 'cqrs.failures.unhandled';
export const SAGA_WAITING = 'cqrs.saga.waiting';

/** In seconds. Handlers of one process often take less than the 5 ms at which the conventions begin. */
export const DURATION_BOUNDARIES = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
