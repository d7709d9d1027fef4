import {
  CqrsWiringException,
  InvalidCommandHandlerException,
  InvalidEventsHandlerException,
  InvalidQueryHandlerException,
  InvalidSagaException,
  UnsupportedSagaScopeException,
} from '../../../lib/index.js';
import { wiringException, type KindOfProblem } from '../../../lib/module/wiring-exception.js';

const problem = (code: string, more: Partial<KindOfProblem> = {}): KindOfProblem => ({
  code,
  what: `There is a problem of ${more.where ?? 'AppModule'}.`,
  remedy: 'Solve it.',
  ...more,
});

const WITHOUT_METHOD = 'CQRS_HANDLER_WITHOUT_METHOD';

describe('The wiring exception', () => {
  it.each([
    [problem(WITHOUT_METHOD, { kind: 'command' }), InvalidCommandHandlerException],
    [problem(WITHOUT_METHOD, { kind: 'query' }), InvalidQueryHandlerException],
    [problem(WITHOUT_METHOD, { kind: 'event' }), InvalidEventsHandlerException],
    [problem('CQRS_INVALID_SAGA'), InvalidSagaException],
    [problem('CQRS_SAGA_SCOPE'), UnsupportedSagaScopeException],
    [problem('CQRS_DUPLICATE_HANDLER'), CqrsWiringException],
    [problem('CQRS_INVALID_MIDDLEWARE'), CqrsWiringException],
    [problem(WITHOUT_METHOD), CqrsWiringException],
  ])('of %j alone is that of its name and constructor', (one, type) => {
    for (const found of [[one], [one, { ...one, where: 'OtherModule' }]]) {
      const exception = wiringException(found);
      expect([exception.constructor, exception.name]).toEqual([type, type.name]);
      expect(exception.problems).toEqual(found);
    }
  });

  it.each([
    [problem('CQRS_INVALID_SAGA'), problem('CQRS_SAGA_SCOPE')],
    [problem(WITHOUT_METHOD, { kind: 'command' }), problem(WITHOUT_METHOD, { kind: 'query', where: 'OtherModule' })],
    [problem('CQRS_SAGA_SCOPE'), problem('CQRS_DUPLICATE_HANDLER')],
  ])('of two sorts is none of the special ones', (...found) => {
    const exception = wiringException(found);
    expect([exception.constructor, exception.name]).toEqual([CqrsWiringException, 'CqrsWiringException']);
    expect(exception.problems).toEqual(found);
  });

  it('lists equal problems once', () => {
    const one = problem('CQRS_INVALID_MIDDLEWARE', { where: 'AppModule' });
    const other = problem('CQRS_INVALID_MIDDLEWARE', { where: 'OtherModule' });
    expect(wiringException([one, other, { ...one }]).problems).toEqual([one, other]);
  });
});
