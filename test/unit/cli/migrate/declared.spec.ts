import { declaredIn, DEPENDENCIES, rangeIn } from '../../../../lib/cli/migrate/declared.js';

const source = (manifest: unknown) => ({
  file: '/project/package.json',
  text: typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
});

describe('what a package.json declares', () => {
  it('is in four sections', () => {
    expect(DEPENDENCIES).toEqual(['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']);
  });

  it.each(DEPENDENCIES)('is in %s', section => {
    const manifest = source({ [section]: { rxjs: '^7.0.0', '@nestjs/cqrs': '12' } });
    expect(declaredIn(manifest)).toEqual([
      ['rxjs', '^7.0.0'],
      ['@nestjs/cqrs', '12'],
    ]);
    expect(rangeIn(manifest, '@nestjs/cqrs')).toBe('12');
    expect(rangeIn(manifest, 'cqrs')).toBeUndefined();
  });

  it('is no other section, and nothing that is not a text', () => {
    expect(declaredIn(source({ overrides: { rxjs: '7' }, bundledDependencies: ['rxjs'] }))).toEqual([]);
    expect(declaredIn(source({ dependencies: { rxjs: 7, typescript: null, express: '5' } }))).toEqual([
      ['express', '5'],
    ]);
  });

  it('counts a name once, with the range of the last section', () => {
    const manifest = source({ peerDependencies: { rxjs: '>=7' }, dependencies: { rxjs: '7' } });
    expect(declaredIn(manifest)).toEqual([['rxjs', '>=7']]);
  });

  it.each(['', '{ oops', 'null', '3', '[]'])('is nothing in %j', text => {
    expect(declaredIn(source(text))).toEqual([]);
    expect(rangeIn(source(text), 'rxjs')).toBeUndefined();
  });
});
