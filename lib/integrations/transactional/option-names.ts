import { CqrsException } from '../../extension.js';

/**
 * Compilers refuse other options; programs in JavaScript are told.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export function checkNames(options: object, known: readonly string[], where: string): void {
  const other = Object.keys(options).find(name => !known.includes(name));
  if (other === undefined) return;
  throw new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `The option "${other}" does not exist.`,
    where,
    remedy: `Use one of these, or leave it out: ${known.join(', ')}.`,
  });
}
