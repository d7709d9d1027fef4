import { CqrsException } from '../errors/cqrs.exception.js';
import { optionProblems, type OptionRules } from '../options/option-rules.js';

/** @throws CqrsException (CQRS_INVALID_OPTIONS) */
export function checkPolicy(options: unknown, rules: OptionRules, decorator: string): void {
  const [problem] = optionProblems(options, rules, decorator);
  if (problem !== undefined) throw new CqrsException(problem);
}
