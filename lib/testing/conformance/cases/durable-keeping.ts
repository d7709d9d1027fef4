import type { DurableCase } from '../durable-case.js';

export const keeping: readonly DurableCase[] = [];
