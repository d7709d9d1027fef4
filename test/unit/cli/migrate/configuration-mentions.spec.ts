import { configurationMentions } from '../../../../lib/cli/migrate/configuration-mentions.js';

const found = (file: string, ...lines: string[]) =>
  configurationMentions({ file, text: lines.join('\n') }).map(({ place, what }) => [place.line, place.column, what]);

describe('the scan of configuration files', () => {
  it('reports names and patterns in JSON', () => {
    const paths = ['{', '  "paths": { "@nestjs/cqrs": ["../cqrs"] },', '  // @nestjs/cqrs', '}'];
    expect(found('/project/tsconfig.json', ...paths)).toEqual([[2, 14, '"@nestjs/cqrs"']]);
    const jest = [
      '{ "moduleNameMapper": { "^@nestjs/cqrs(.*)$": "<rootDir>/fake$1" }, "x": "node_modules/(?!@nestjs/cqrs)" }',
    ];
    expect(found('/project/package.json', ...jest)).toEqual([
      [1, 25, '"^@nestjs/cqrs(.*)$"'],
      [1, 74, '"node_modules/(?!@nestjs/cqrs)"'],
    ]);
  });

  it('reports names in YAML outside of comments', () => {
    const catalog = ['catalog:', "  '@nestjs/cqrs': ^12.0.0", '  # @nestjs/cqrs', 'hoist:', '  - @nestjs/cqrs'];
    expect(found('/project/pnpm-workspace.yaml', ...catalog)).toEqual([
      [2, 3, "'@nestjs/cqrs'"],
      [5, 5, '@nestjs/cqrs'],
    ]);
  });

  it('skips aliases for nestjs-cqrs, sentences and other packages', () => {
    const text = [
      '{ "overrides": { "@nestjs/cqrs": "npm:nestjs-cqrs@^1.0.0" },',
      '  "description": "made with @nestjs/cqrs",',
      '  "dependencies": { "@nestjs/cqrs-extra": "1" } }',
    ];
    expect(found('/project/package.json', ...text)).toEqual([]);
  });
});
