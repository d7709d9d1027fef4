import { placeOfError, Spot } from '../../../../lib/testing/flow/spot.js';

const own = new URL('../../../../lib/testing/flow/words.ts', `file://${import.meta.filename}`).pathname;

/** An error whose stack has these lines. */
const withStack = (stack: unknown): Error => Object.assign(new Error('failed'), { stack });

const of = (...frames: string[]) =>
  placeOfError(withStack(['Error: failed', ...frames.map(frame => `    at ${frame}`)].join('\n')));

describe('where an error comes from', () => {
  it.each<[string, string[], string | undefined]>([
    ['a function', ['send (/app/src/mailer.ts:17:5)'], 'mailer.ts:17'],
    ['no function', ['/app/src/mailer.ts:17:5'], 'mailer.ts:17'],
    ['a function that is awaited', ['async Mailer.send (/app/src/mailer.ts:17:5)'], 'mailer.ts:17'],
    ['no function, awaited', ['async /app/src/mailer.ts:17:5'], 'mailer.ts:17'],
    ['a module', ['send (file:///app/src/the%20mailer.mjs:3:1)'], 'the mailer.mjs:3'],
    ['Windows', ['send (C:\\app\\src\\mailer.ts:17:5)'], 'mailer.ts:17'],
    ['a constructor', ['new Mailer (/app/src/mailer.ts:4:9)'], 'mailer.ts:4'],
    [
      'code of Node, of a package and of this one, before its own',
      [
        'connect (node:net:1285:16)',
        'send (/app/node_modules/mail/index.js:1:1)',
        `errorText (${own}:26:1)`,
        'run (/app/a.ts:2:1)',
      ],
      'a.ts:2',
    ],
    ['a frame without a place, before its own', ['Array.map (<anonymous>)', 'run (/app/a.ts:2:1)'], 'a.ts:2'],
    ['code of others alone', ['connect (node:net:1285:16)'], undefined],
    ['no frames', [], undefined],
  ])('%s', (_title, frames, place) => {
    expect(of(...frames)).toBe(place);
  });

  it.each<[string, unknown]>([
    ['what is not an error', 'no carrier'],
    ['a stack that is not a text', withStack([{ file: 'a.ts' }])],
    ['an error without a stack', withStack(undefined)],
    [
      'a stack that throws',
      Object.defineProperty(new Error('failed'), 'stack', {
        get() {
          throw new Error('no stack');
        },
      }),
    ],
  ])('is not known of %s', (_title, error) => {
    expect(placeOfError(error)).toBeUndefined();
  });

  it('a message in more lines, one of which looks like a frame, tells of the frames', () => {
    expect(placeOfError(withStack('Error: at first\nat /app/b.ts:1:1\n    at /app/a.ts:2:1'))).toBe('a.ts:2');
  });
});

it('a place in the code is that of the caller, and leaves the limit of stacks as it was', () => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const { place } = new Spot();
    expect([place?.replace(/\d+$/, 'N'), Error.stackTraceLimit]).toEqual(['spot.spec.ts:N', 0]);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});
