import { testDurableConformance } from './cases.js';
import { memoryAdapter } from './memory-adapter.js';

describe('MemoryTransport conforms', () => {
  testDurableConformance(memoryAdapter());
});
