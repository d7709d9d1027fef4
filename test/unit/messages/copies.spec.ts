import 'reflect-metadata';
import { jest } from '@jest/globals';
import {
  hasOtherCopy,
  mark,
  placeOfThisCopy,
  saidByOtherCopy,
  unheardDecorators,
} from '../../../lib/messages/copies.js';

/** Copies of one version or another read what each other wrote: these names never change. */
const MARKS = 'nestjs-cqrs:marks';
const COPIES = Symbol.for('nestjs-cqrs:copies');

const copies = (): { place: string }[] => (globalThis as { [COPIES]?: { place: string }[] })[COPIES]!;

describe('The marks of decorators', () => {
  it('are metadata of the class, one for each decorator, with the copy that left it', () => {
    class Marked {}
    mark(Marked, '@Validate');
    mark(Marked, '@Saga', { events: [] });
    const [own] = copies();
    expect(Reflect.getOwnMetadata(MARKS, Marked)).toEqual([
      { copy: own, decorator: '@Validate', said: undefined },
      { copy: own, decorator: '@Saga', said: { events: [] } },
    ]);
  });

  it('of this copy are not those of another, with one copy and with two', async () => {
    class Own {}
    mark(Own, '@Validate');
    mark(Own, '@Saga', 'events');
    const silent = () => [saidByOtherCopy(Own, '@Saga'), unheardDecorators(Own)];
    expect(hasOtherCopy()).toBe(false);
    expect(silent()).toEqual([[], []]);
    jest.resetModules();
    const other = await import('../../../lib/messages/copies.js');
    expect([hasOtherCopy(), other.hasOtherCopy(), copies().length]).toEqual([true, true, 2]);
    expect(silent()).toEqual([[], []]);

    class Foreign {}
    class Child extends Foreign {}
    other.mark(Foreign, '@Validate');
    other.mark(Foreign, '@Saga', 'events');
    other.mark(Foreign, '@On', 'methods');
    mark(Foreign, '@Saga', 'own');
    expect(saidByOtherCopy(Foreign, '@Saga')).toEqual(['events']);
    expect(saidByOtherCopy(Foreign, '@Saga', '@On')).toEqual(['events', 'methods']);
    expect(saidByOtherCopy(Foreign, '@Validate', '@Other')).toEqual([]);
    expect(unheardDecorators(Foreign)).toEqual([{ decorator: '@Validate', place: other.placeOfThisCopy() }]);
    expect([saidByOtherCopy(Child, '@Saga'), unheardDecorators(Child)]).toEqual([[], []]);
    expect([saidByOtherCopy(class {}, '@Saga'), unheardDecorators(class {})]).toEqual([[], []]);
  });

  it('tell where a copy lies', () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    try {
      Error.prepareStackTrace = () => undefined;
      expect(placeOfThisCopy()).toBe('an unknown place');
      Error.prepareStackTrace = () => 'Error\n    at a place that is no file';
      expect(placeOfThisCopy()).toBe('an unknown place');
      for (const frame of ['at file:///a/b.js:1:2', 'at get place (file:///a/b.js:1:2)']) {
        Error.prepareStackTrace = () => `Error\n    ${frame}`;
        expect(placeOfThisCopy()).toBe('file:///a/b.js');
      }
      Error.prepareStackTrace = () => 'Error\n    at get place (C:\\a\\b.js:1:2)';
      expect(placeOfThisCopy()).toBe('C:\\a\\b.js');
      Error.prepareStackTrace = prepareStackTrace as NonNullable<typeof prepareStackTrace>;
      Error.stackTraceLimit = 0;
      expect(placeOfThisCopy()).toBe('an unknown place');
    } finally {
      Object.assign(Error, { prepareStackTrace, stackTraceLimit });
    }
    expect(placeOfThisCopy()).toMatch(/^(file:\/\/)?\/.*\/lib\/messages\/copies\.[jt]s$/);
  });
});
