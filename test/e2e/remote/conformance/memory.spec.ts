import { testConformance } from './cases.js';
import { memoryAdapter } from './memory-adapter.js';

describe('MemoryRemote conforms', () => {
  testConformance(memoryAdapter());
});
