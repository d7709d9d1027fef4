import type { DurableCase } from '../durable-case.js';

export const transacting: readonly DurableCase[] = [];
