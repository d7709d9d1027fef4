import { CqrsException, explain, type Problem } from './cqrs.exception.js';

/** A mistake in the wiring. */
export type WiringProblem = Problem;

const CORRECT = 'Correct what is listed and start again.';

/** All mistakes in the wiring, at startup. */
export class CqrsWiringException extends CqrsException {
  /** In the order found. */
  readonly problems: readonly WiringProblem[];

  constructor(problems: readonly WiringProblem[]) {
    const sole = problems.length === 1 ? problems[0] : undefined;
    const { what, where, remedy } = sole ?? severalProblems(problems);
    const cause = problems.find(problem => problem.cause !== undefined)?.cause;
    const text = sole === undefined ? `${what}\n${remedy} [CQRS_WIRING]` : explain(sole);
    super({ code: 'CQRS_WIRING', what, where, remedy, cause } as Problem, text);
    this.problems = problems;
  }
}

const severalProblems = (problems: readonly WiringProblem[]): Omit<Problem, 'code'> => {
  const list = problems.map((problem, i) => `  ${i + 1}. ${explain(problem)}`).join('\n');
  return { what: `The wiring has ${problems.length} problems:\n${list}`, remedy: CORRECT };
};

const soleProblem = (code: string, what: string, remedy: string): WiringProblem[] => [{ code, what, remedy }];

/** All problems are command handlers without `execute`. As in @nestjs/cqrs. */
export class InvalidCommandHandlerException extends CqrsWiringException {
  constructor(
    problems = soleProblem(
      'CQRS_HANDLER_WITHOUT_METHOD',
      'An invalid command handler has been provided.',
      'Provide a class annotated with @CommandHandler that has an execute method.',
    ),
  ) {
    super(problems);
  }
}

/** All problems are query handlers without `execute`. As in @nestjs/cqrs. */
export class InvalidQueryHandlerException extends CqrsWiringException {
  constructor(
    problems = soleProblem(
      'CQRS_HANDLER_WITHOUT_METHOD',
      'An invalid query handler has been provided.',
      'Provide a class annotated with @QueryHandler that has an execute method.',
    ),
  ) {
    super(problems);
  }
}

/** All problems are event handlers without `handle`. As in @nestjs/cqrs. */
export class InvalidEventsHandlerException extends CqrsWiringException {
  constructor(
    problems = soleProblem(
      'CQRS_HANDLER_WITHOUT_METHOD',
      'An invalid events handler has been provided.',
      'Provide a class annotated with @EventsHandler that has a handle method.',
    ),
  ) {
    super(problems);
  }
}

/** All problems are sagas that make no stream and name no events. As in @nestjs/cqrs. */
export class InvalidSagaException extends CqrsWiringException {
  constructor(
    problems = soleProblem(
      'CQRS_INVALID_SAGA',
      'Invalid saga.',
      'Each saga should return an Observable stream or an async generator, or name its events: @Saga(UserCreated).',
    ),
  ) {
    super(problems);
  }
}

/** All problems are sagas in request-scoped providers. As in @nestjs/cqrs. */
export class UnsupportedSagaScopeException extends CqrsWiringException {
  constructor(
    problems = soleProblem(
      'CQRS_SAGA_SCOPE',
      'Request-scoped saga hosts are not supported.',
      'Make the provider a singleton and resolve what is request-scoped inside the saga, with ModuleRef.',
    ),
  ) {
    super(problems);
  }
}
