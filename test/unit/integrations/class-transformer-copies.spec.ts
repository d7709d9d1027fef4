import { jest } from '@jest/globals';
import { CqrsException } from 'nestjs-cqrs';

const empty = new Map();
jest.unstable_mockModule('class-transformer/cjs/storage.js', () => ({
  defaultMetadataStorage: {
    _typeMetadatas: empty,
    _transformMetadatas: empty,
    _exposeMetadatas: empty,
    _excludeMetadatas: empty,
  },
}));
const { classTransformer, messageTransformer } = await import('nestjs-cqrs/class-transformer');

describe('a bundle that holds class-transformer twice', () => {
  it.each([
    ['classTransformer', classTransformer],
    ['messageTransformer', messageTransformer],
  ])('%s throws, for it would not see decorators', (_, create) => {
    const error = catchError(create);
    expect(error).toBeInstanceOf(CqrsException);
    expect(error).toMatchObject({ code: 'CQRS_SECOND_COPY', remedy: expect.stringContaining('class-transformer/cjs') });
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
