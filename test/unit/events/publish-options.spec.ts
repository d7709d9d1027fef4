import { AsyncContext, ContextOrigin, EventBus, MessageContext, type PublishOptions } from '../../../lib/index.js';
import {
  EVENT_HANDLING,
  fitsPublishOption,
  neitherWaitsNor,
  PUBLISH_OPTION_NAMES,
  toPublishArguments,
} from '../../../lib/events/publish-options.js';

class Saved {}

const parent = new MessageContext('command', Saved, { name: 'Outer' });
const origin = new ContextOrigin({ correlationId: 'c1' });
const one = new AsyncContext();
const other = new AsyncContext();

describe('The second argument of publish', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'u1'],
    ['a number', 42],
    ['a list', []],
    ['an instance', new Saved()],
    ['an empty object', {}],
    ['an object with a name that is no option', { user: 'u1' }],
    ['options and something else', { correlationId: 'c1', user: 'u1' }],
  ])('is a dispatcher context: %s', (_, given) => {
    for (const isCarried of [false, true]) {
      expect(toPublishArguments(given, undefined, isCarried)).toEqual({
        options: undefined,
        dispatcherContext: given,
        asyncContext: undefined,
      });
      expect(toPublishArguments(given, one, isCarried)).toEqual({
        options: { asyncContext: one },
        dispatcherContext: given,
        asyncContext: one,
      });
    }
  });

  it.each<[string, unknown, PublishOptions]>([
    ['options', { correlationId: 'c1', mode: 'sequential' }, { correlationId: 'c1', mode: 'sequential' }],
    ['an option that is undefined', { mode: undefined }, { mode: undefined }],
    ['a MessageContext', parent, { context: parent }],
    ['a ContextOrigin', origin, { context: origin }],
  ])('is options: %s', (_, given, options) => {
    for (const isCarried of [false, true]) {
      const said = toPublishArguments(given, undefined, isCarried);
      expect(said).toEqual({ options, dispatcherContext: given, asyncContext: undefined });
      expect(toPublishArguments(given, one, isCarried).asyncContext).toBe(one);
    }
  });

  it('is an AsyncContext, unless the third argument is one', () => {
    expect(toPublishArguments(one, undefined, false)).toEqual({
      options: { asyncContext: one },
      dispatcherContext: undefined,
      asyncContext: one,
    });
    expect(toPublishArguments(one, null as never, false).asyncContext).toBe(one);
    const both = toPublishArguments(one, other, false);
    expect([both.asyncContext, both.dispatcherContext]).toEqual([other, one]);
  });

  it('may name the AsyncContext among the options', () => {
    expect(toPublishArguments({ asyncContext: one }, undefined, false).asyncContext).toBe(one);
    expect(toPublishArguments({ asyncContext: one }, other, false).asyncContext).toBe(other);
  });

  it('is copied, with its headers: the caller may change it', () => {
    const given = { headers: { tenant: 'acme' }, mode: 'sequential' as const };
    const { options } = toPublishArguments(given, undefined, false);
    Object.assign(given.headers, { tenant: 'other' });
    Object.assign(given, { mode: 'parallel' });
    expect(options).toEqual({ headers: { tenant: 'acme' }, mode: 'sequential' });
  });

  it.each([
    [{ mode: 'somehow' }, "The option \"mode\" must be 'parallel', 'sequential' or 'untilFailure', not 'somehow'."],
    [{ onError: 'ignore' }, "The option \"onError\" must be 'report', 'throw' or 'collect', not 'ignore'."],
    [{ wait: true }, "The option \"wait\" must be 'settled' or 'none', not true."],
    [{ timeout: 0 }, 'The option "timeout" must be a number of milliseconds greater than 0, not 0.'],
  ])('is refused unless a publisher carries the event: %j', (given, what) => {
    expect(() => toPublishArguments(given, undefined, false)).toThrow(
      expect.objectContaining({ what, where: 'publish()' }),
    );
    expect(toPublishArguments(given, undefined, true)).toEqual({
      options: undefined,
      dispatcherContext: given,
      asyncContext: undefined,
    });
  });

  it.each(['throw', 'collect'] as const)('cannot ask for failures without waiting: %s', onError => {
    for (const isCarried of [false, true])
      expect(() => toPublishArguments({ wait: 'none', onError }, undefined, isCarried)).toThrow(
        `wait: 'none' and onError: '${onError}' exclude each other: a promise that does not wait cannot tell what fails. Where: publish(). Leave one of the two out. [CQRS_INVALID_OPTIONS]`,
      );
    const { options } = toPublishArguments({ wait: 'settled', onError }, undefined, false);
    expect(options).toEqual({ wait: 'settled', onError });
    expect(toPublishArguments({ wait: 'none', onError: 'report' }, undefined, false).options?.wait).toBe('none');
    expect(neitherWaitsNor({ onError }, 'there').where).toBe('there');
  });
});

describe('The third argument of publish', () => {
  it.each([42, 'request', [], new Saved()])('must be an AsyncContext: %p', given => {
    expect(() => toPublishArguments(undefined, given as never, false)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'publish()' }),
    );
  });

  it('serves the handlers, also beside an empty object', async () => {
    const events = new EventBus();
    const scopes: unknown[] = [];
    events.register(Saved, (_: Saved, context: MessageContext) => void scopes.push(context.scope));
    await events.publish(new Saved(), {}, one);
    await events.publish(new Saved(), { user: 'u1' }, one);
    await events.publishAll([new Saved()], {}, one);
    expect(scopes).toEqual([one, one, one]);
  });
});

describe('The options of publish', () => {
  it('say how an event is handled unless something else is said', () => {
    const defaults = Object.entries(EVENT_HANDLING).map(([name, rule]) => [name, rule.default]);
    expect(defaults).toEqual([
      ['mode', 'parallel'],
      ['onError', 'report'],
      ['wait', 'settled'],
    ]);
  });

  it('are those of a dispatch, and how the event is handled', () => {
    expect(PUBLISH_OPTION_NAMES).toEqual([
      'context',
      'signal',
      'headers',
      'messageId',
      'correlationId',
      'causationId',
      'timeout',
      'fromOutside',
      'asyncContext',
      'mode',
      'onError',
      'wait',
    ]);
  });

  it.each([
    ['mode', 'parallel', true],
    ['mode', 'sequential', true],
    ['mode', 'untilFailure', true],
    ['mode', 'none', false],
    ['onError', 'report', true],
    ['onError', 'throw', true],
    ['onError', 'collect', true],
    ['onError', 'settled', false],
    ['wait', 'settled', true],
    ['wait', 'none', true],
    ['wait', 'throw', false],
    ['timeout', 1, true],
    ['timeout', 0, false],
  ])('%s may be %p: %p', (name, value, expected) => {
    expect(fitsPublishOption(name, value)).toBe(expected);
  });
});
