import { MemoryLocks, MemoryResults } from 'nestjs-cqrs';
import { lockStoreConformance, resultStoreConformance } from 'nestjs-cqrs/testing';
import { testCases } from '../../support/conformance-cases.js';

describe('MemoryResults conforms', () => {
  testCases(resultStoreConformance({ name: 'memory', isShared: false, store: () => new MemoryResults() }));
});

describe('MemoryLocks conforms', () => {
  testCases(lockStoreConformance({ name: 'memory', isShared: false, store: () => new MemoryLocks() }));
});
