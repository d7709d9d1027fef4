import { WrongUse } from '../../../../lib/cli/command.js';
import { observedIn } from '../../../../lib/cli/wiring/observed-file.js';
import { TemporaryProject } from '../temporary-project.js';

const observed = { since: '2026-01-01T00:00:00.000Z', links: [] };
const schema = 'nestjs-cqrs/observed@1';

const read = (content: unknown) => {
  using project = new TemporaryProject({ 'seen.json': JSON.stringify(content) });
  return observedIn('seen.json', project.folder);
};

describe('a file of what was observed', () => {
  it.each([
    ['is written by collectLinks()', { schema, ...observed }],
    ['is a document of the wiring', { schema: 'nestjs-cqrs/wiring@1', observed, links: 'other' }],
  ])('%s', (_, content) => {
    expect(read(content)).toEqual({ observed, observedIn: 'seen.json' });
  });

  it.each([
    ['without links', { schema, since: observed.since }],
    ['without a beginning', { schema, links: [] }],
    ['of another schema', { ...observed, schema: 'nestjs-cqrs/observed@2' }],
    ['of a wiring without it', { schema: 'nestjs-cqrs/wiring@1' }],
    ['of nothing', null],
  ])('is refused: %s', (_, content) => {
    expect(() => read(content)).toThrow(new WrongUse('seen.json does not say what was observed.'));
  });
});
