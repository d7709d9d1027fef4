import { cancelPattern, messagePattern, morePattern } from '../../../lib/transport/patterns.js';

describe('The pattern of a message', () => {
  it.each([
    ['command', 'users.create', 'cqrs.command.users.create'],
    ['query', 'GetUser', 'cqrs.query.GetUser'],
    ['event', 'user-created_2', 'cqrs.event.user-created_2'],
  ] as const)('has its kind and name: %s %s', (kind, name, pattern) => {
    expect(messagePattern(kind, name)).toBe(pattern);
  });

  it.each([
    [' ', '~20~'],
    ['*', '~2a~'],
    ['#', '~23~'],
    ['>', '~3e~'],
    ['~', '~7e~'],
    ['/', '~2f~'],
    ['ä', '~e4~'],
    ['\n', '~a~'],
  ])('has no character that a broker understands: %j', (character, written) => {
    expect(messagePattern('event', `a${character}b${character}`)).toBe(`cqrs.event.a${written}b${written}`);
  });

  it('is another one for each name', () => {
    const names = ['a b', 'a~20~b', 'a.b', 'a*b', 'a>b', 'ab', '😀', '😁', 'a😀'];
    expect(new Set(names.map(name => messagePattern('event', name))).size).toBe(names.length);
  });
});

it('The patterns of control name one process', () => {
  expect(cancelPattern('p1')).toBe('cqrs.cancel.p1');
  expect(morePattern('p1')).toBe('cqrs.more.p1');
});
