import { CqrsException } from '../errors/cqrs.exception.js';
import { mark } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { MessageValidator, ValidationOutcome } from './message-validator.js';
import { isStandardSchema, type StandardIssue, type StandardSchema } from './standard-schema.js';

const SCHEMA = metadataKey<StandardSchema>(Symbol('cqrs:schema'));

/**
 * Gives a message class the schema of its fields; `static schema` of the class does the same.
 * @param schema of zod, valibot, arktype, or anything else that follows https://standardschema.dev
 * @throws CqrsException (code CQRS_INVALID_SCHEMA) for anything else
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

/** Validates by `@Validate(schema)` and `static schema`; those of the nearest class count. */
export const standardSchemaValidator: MessageValidator = {
  validates: type => schemaOf(type) !== undefined,
  validate(message, type): ValidationOutcome | Promise<ValidationOutcome> {
    const result = schemaOf(type)!['~standard'].validate(fieldsOf(message));
    return 'then' in result ? Promise.resolve(result).then(outcomeOf) : outcomeOf(result);
  },
};

/**
 * A copy of the fields, for some libraries transform what they are given in place. One that is undefined is left out:
 * a constructor that was not given an argument leaves it so, and a default of the schema fills it.
 */
const fieldsOf = (message: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));

/** The schema of a message class: its own, else that of the nearest class that it extends. */
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

/** The error for a schema that makes something else of a message than its fields. */
export const noFields = (type: MessageType): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_SCHEMA',
    what: `The schema of "${nameOf(type)}" makes something else of a message than an object with its fields.`,
    where: nameOf(type),
    remedy: 'Describe the fields of the message by an object schema.',
  });
