import ts from 'typescript';
import { changedText } from '../../../../lib/cli/migrate/change.js';
import { manifestEdits } from '../../../../lib/cli/migrate/manifest-edits.js';

const changed = (text: string): string => {
  const source = { file: '/project/package.json', text };
  return changedText({ source, edits: manifestEdits(ts, source, '^1.2.3') });
};

const withDependencies = (...names: string[]): string =>
  JSON.stringify({ dependencies: Object.fromEntries(names.map(name => [name, '^1.2.3'])) }, undefined, 2);

describe('the package.json', () => {
  it.each(['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'])(
    'has the new name and range in %s',
    section => {
      const text = JSON.stringify({ name: 'a', [section]: { '@nestjs/cqrs': '^12.0.0' }, private: true });
      const expected = JSON.stringify({ name: 'a', [section]: { 'nestjs-cqrs': '^1.2.3' }, private: true });
      expect(changed(text)).toBe(expected);
    },
  );

  it('keeps its keys sorted, where they are', () => {
    const sorted = withDependencies('@nestjs/common', '@nestjs/cqrs', 'express', 'nest-commander', 'rxjs');
    const expected = withDependencies('@nestjs/common', 'express', 'nest-commander', 'nestjs-cqrs', 'rxjs');
    expect(changed(sorted)).toBe(expected);
    const last = withDependencies('@nestjs/common', '@nestjs/cqrs');
    expect(changed(last)).toBe(withDependencies('@nestjs/common', 'nestjs-cqrs'));
    const unsorted = withDependencies('rxjs', '@nestjs/cqrs', 'express');
    expect(changed(unsorted)).toBe(withDependencies('rxjs', 'nestjs-cqrs', 'express'));
  });

  it('keeps the order of characters, where capital letters come first', () => {
    const others = ['Zebra', 'apple', 'zone'];
    const sorted = withDependencies('@nestjs/cqrs', ...others);
    expect(changed(sorted)).toBe(withDependencies('Zebra', 'apple', 'nestjs-cqrs', 'zone'));
    const neither = withDependencies('@nestjs/cqrs', 'zone', 'apple', 'Zebra');
    expect(changed(neither)).toBe(withDependencies('nestjs-cqrs', 'zone', 'apple', 'Zebra'));
  });

  it('keeps the place where another name is there twice: then there is no order', () => {
    const text = '{"dependencies":{"@nestjs/cqrs":"11","express":"4","express":"5","rxjs":"7"}}';
    expect(changed(text)).toBe(text.replace('"@nestjs/cqrs":"11"', '"nestjs-cqrs":"^1.2.3"'));
  });

  it('keeps the order of letters, as npm sorts', () => {
    const sorted = withDependencies('@nestjs/cqrs', 'apple', 'Zebra');
    expect(changed(sorted)).toBe(withDependencies('apple', 'nestjs-cqrs', 'Zebra'));
  });

  it('has the new name first where it sorts first, and alone where nothing else is there', () => {
    expect(changed(withDependencies('@nestjs/cqrs', 'rxjs'))).toBe(withDependencies('nestjs-cqrs', 'rxjs'));
    expect(changed(withDependencies('@nestjs/cqrs'))).toBe(withDependencies('nestjs-cqrs'));
  });

  it('tells the place of each change, what was there and what comes', () => {
    const text = '{"dependencies":{"rxjs":"7","@nestjs/cqrs":"11"},"peerDependenciesMeta":{"@nestjs/cqrs":{}}}';
    const edits = manifestEdits(ts, { file: '/project/package.json', text }, '^1.2.3');
    expect(edits.map(({ at, from, to }) => [at, from, to])).toEqual([
      [text.indexOf('"@nestjs/cqrs":"11"'), '"@nestjs/cqrs":"11"', '"nestjs-cqrs":"^1.2.3"'],
      [text.indexOf('"@nestjs/cqrs":{}'), '"@nestjs/cqrs"', '"nestjs-cqrs"'],
    ]);
    const both = '{"dependencies":{"@nestjs/cqrs":"11","nestjs-cqrs":"12"}}';
    const [removed] = manifestEdits(ts, { file: '/project/package.json', text: both }, '^1.2.3');
    expect(removed).toMatchObject({ at: 17, from: '"@nestjs/cqrs":"11"', to: '(removed)' });
  });

  it('keeps its indentation, line ends and byte order mark', () => {
    const text =
      '\uFEFF{\r\n\t"dependencies" : {\r\n\t\t"@nestjs/cqrs"  :  "11",\r\n\t\t"rxjs": "7"\r\n\t}\r\n}\r\n\r\n';
    const expected = text.replace('@nestjs/cqrs', 'nestjs-cqrs').replace('"11"', '"^1.2.3"');
    expect(changed(text)).toBe(expected);
  });

  it('loses every old name where it is there twice', () => {
    const text = '{"dependencies":{"@nestjs/cqrs":"11","rxjs":"7","@nestjs/cqrs":"10"}}';
    expect(changed(text)).toBe('{"dependencies":{"nestjs-cqrs":"^1.2.3","rxjs":"7"}}');
  });

  it('loses the old name where the new one is there already', () => {
    const both = withDependencies('@nestjs/core', '@nestjs/cqrs', 'nestjs-cqrs', 'rxjs');
    expect(changed(both)).toBe(withDependencies('@nestjs/core', 'nestjs-cqrs', 'rxjs'));
    expect(changed(withDependencies('@nestjs/cqrs', 'nestjs-cqrs'))).toBe(withDependencies('nestjs-cqrs'));
  });

  it('has the new name in the notes on peers', () => {
    const text = JSON.stringify({ peerDependenciesMeta: { '@nestjs/cqrs': { optional: true } } });
    expect(changed(text)).toBe(text.replace('@nestjs/cqrs', 'nestjs-cqrs'));
  });

  it.each([
    ['another section', '{"overrides": {"@nestjs/cqrs": "12"}, "files": ["@nestjs/cqrs"]}'],
    ['no object of dependencies', '{"dependencies": "@nestjs/cqrs"}'],
    ['no object', '["@nestjs/cqrs"]'],
    ['nothing', ''],
  ])('is left alone with %s', (_, text) => {
    expect(changed(text)).toBe(text);
  });

  it('keeps the place among keys without quotes, which have no order here', () => {
    const text = '{"dependencies":{rxjs:"7","@nestjs/cqrs":"11",express:"5"}}';
    expect(changed(text)).toBe(text.replace('"@nestjs/cqrs":"11"', '"nestjs-cqrs":"^1.2.3"'));
  });

  it('does not change a second time', () => {
    const once = changed(withDependencies('@nestjs/cqrs', 'rxjs'));
    expect(changed(once)).toBe(once);
  });
});
