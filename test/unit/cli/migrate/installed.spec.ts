import { parsedManifest } from '../../../../lib/cli/migrate/installed.js';

describe('The manifest of a package', () => {
  it('is an object of JSON, with or without a byte order mark', () => {
    expect(parsedManifest('{"name":"a"}')).toEqual({ name: 'a' });
    expect(parsedManifest('\uFEFF{"name":"a"}')).toEqual({ name: 'a' });
  });

  it.each(['null', '3', '"text"', 'true', '', '{'])('is not %j', text => {
    expect(parsedManifest(text)).toBeUndefined();
  });
});
