import { highestMajor, isInRange, majorOf, majorsOf } from '../../../../lib/cli/migrate/versions.js';

describe('versions', () => {
  it('have a major', () => {
    expect(['10.4.1', '11.0.0-next.1', '9'].map(majorOf)).toEqual([10, 11, 9]);
    expect(majorsOf('^11.0.0 || ^12.0.0')).toEqual([11, 12]);
  });

  it.each([
    ['^10.0.0', 10],
    ['~9.4.2', 9],
    ['10.x', 10],
    ['v10', 10],
    ['^9.0.0 || ^10.0.0', 10],
    ['^10 || ^11', 11],
    ['>=9.0.0', undefined],
    ['*', undefined],
    ['latest', undefined],
    ['workspace:', undefined],
    ['', undefined],
  ])('the range %j names at most %j', (range, major) => {
    expect(highestMajor(range)).toBe(major);
  });

  it.each([
    ['20.19.0', true],
    ['20.20.2', true],
    ['20.18.9', false],
    ['21.7.0', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['24.0.0', true],
    ['18.20.0', false],
  ])('Node %s is in the range: %j', (version, expected) => {
    expect(isInRange(version, '^20.19.0 || >=22.12.0')).toBe(expected);
    expect(isInRange(version, 'something else')).toBe(false);
  });
});
