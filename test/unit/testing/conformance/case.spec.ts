import { failureOf, isOf } from '../../../../lib/testing/conformance/case.js';

describe('what a case expects to fail', () => {
  it('gives its failure, whatever it is', async () => {
    expect(await failureOf(Promise.reject(new TypeError('no')))).toEqual(new TypeError('no'));
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
    expect(await failureOf(Promise.reject(undefined))).toBeUndefined();
  });

  it('fails the case if it succeeds, and shows the result', async () => {
    await expect(failureOf(Promise.resolve(7))).rejects.toMatchObject({
      name: 'AssertionError',
      message: 'It should have failed.',
      actual: 7,
    });
  });

  it('must be of a class: subclasses are, others are told', () => {
    const error = new RangeError('far');
    expect(isOf(Error, error)).toBe(error);
    expect(() => isOf(TypeError, error)).toThrow('It should be a TypeError, and is RangeError: far.');
    expect(() => isOf(TypeError, 'a text')).toThrow('It should be a TypeError, and is a text.');
  });
});
