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

  it.each<[string, string, unknown]>([
    ['without links', 'it has no list of links', { schema, since: observed.since }],
    ['without a beginning', 'it does not say since when', { schema, links: [] }],
    ['of another schema', 'it does not say what was observed', { ...observed, schema: 'nestjs-cqrs/observed@2' }],
    ['of a wiring without it', 'it does not say what was observed', { schema: 'nestjs-cqrs/wiring@1' }],
    ['of nothing', 'it holds no object', null],
  ])('is refused: %s', (_, why, content) => {
    const remedy = 'Remove it, and run the tests that write it again.';
    expect(() => read(content)).toThrow(new WrongUse(`seen.json is not a file of collectLinks(): ${why}. ${remedy}`));
  });
});
