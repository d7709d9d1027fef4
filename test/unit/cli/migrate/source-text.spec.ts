import { decoded, placeAt } from '../../../../lib/cli/migrate/source-text.js';

describe('a place in a source', () => {
  const place = (text: string, offset: number) => {
    const { line, column } = placeAt({ file: 'a.ts', text }, offset);
    return [line, column];
  };

  it('is counted from 1, in lines and columns', () => {
    const text = 'ab\ncd\n\nef';
    expect([0, 1, 2, 3, 4, 6, 7, 8].map(offset => place(text, offset))).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 2],
      [3, 1],
      [4, 1],
      [4, 2],
    ]);
  });

  it('does not count a byte order mark, which only the first line has', () => {
    expect(place('\uFEFFab\ncd', 1)).toEqual([1, 1]);
    expect(place('\uFEFFab\ncd', 2)).toEqual([1, 2]);
    expect(place('\uFEFFab\ncd', 4)).toEqual([2, 1]);
    expect(place('\uFEFFab\n\uFEFFcd', 4)).toEqual([2, 1]);
  });

  it('names its file', () => {
    expect(placeAt({ file: '/project/a.ts', text: '' }, 0)).toEqual({ file: '/project/a.ts', line: 1, column: 1 });
  });
});

describe('the text of a file', () => {
  it('keeps its byte order mark, and is nothing unless it is UTF-8', () => {
    expect(decoded(Buffer.from('\uFEFFä'))).toBe('\uFEFFä');
    expect(decoded(Buffer.from([0xc3, 0x28]))).toBeUndefined();
  });
});
