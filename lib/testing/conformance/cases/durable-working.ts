import type { DurableCase } from '../durable-case.js';

export const working: readonly DurableCase[] = [];
