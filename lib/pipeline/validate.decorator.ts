import { CqrsException } from '../errors/cqrs.exception.js';
import { mark } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MessageValidator, ValidationOutcome } from './message-validator.js';
import { isStandardSchema, type StandardIssue, type StandardSchema } from './standard-schema.js';

const SCHEMA = metadataKey<StandardSchema>(Symbol('cqrs:schema'));

/**
 * Gives a message class a schema, as `static schema` does.
 * @param schema of zod, valibot, arktype or any library of https://standardschema.dev
 * @throws CqrsException (CQRS_INVALID_SCHEMA) for other values
 */
export const Validate = (schema: StandardSchema): ClassDecorator => {
  if (isStandardSchema(schema))
    return target => {
      mark(target, '@Validate');
      write(SCHEMA, schema, target);
    };
  throw new CqrsException({
    code: 'CQRS_INVALID_SCHEMA',
    what: '@Validate() was given something that is not a schema.',
    remedy: 'Give it a schema that follows https://standardschema.dev, such as one of zod, valibot or arktype.',
  });
};

/** Uses the nearest class with a schema. */
export const standardSchemaValidator: MessageValidator = {
  validates: type => schemaOf(type) !== undefined,
  validate(message, type): ValidationOutcome | Promise<ValidationOutcome> {
    const result = schemaOf(type)!['~standard'].validate(fieldsOf(message));
    return 'then' in result ? Promise.resolve(result).then(outcomeOf) : outcomeOf(result);
  },
};

/** A copy, because some libraries transform their input; without undefined fields, which get defaults. */
const fieldsOf = (message: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));

export function schemaOf(type: MessageType): StandardSchema | undefined {
  for (const ancestor of lineage(type)) {
    const schema: unknown =
      readOwn(SCHEMA, ancestor) ??
      (Object.hasOwn(ancestor, 'schema') ? (ancestor as unknown as { schema: unknown }).schema : undefined);
    if (isStandardSchema(schema)) return schema;
  }
  return undefined;
}

const outcomeOf = ({ value, issues }: { value?: unknown; issues?: readonly StandardIssue[] | undefined }) =>
  issues ? { violations: issues.map(violationOf) } : { value };

const violationOf = ({ path = [], message }: StandardIssue) => ({
  path: path.map(step => String(typeof step === 'object' ? step.key : step)).join('.'),
  message,
});

export const noFields = (type: MessageType): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_SCHEMA',
    what: `The schema of "${nameOf(type)}" makes something else of a message than an object with its fields.`,
    where: nameOf(type),
    remedy: 'Describe the fields of the message by an object schema.',
  });
