import type { DurableCase } from '../durable-case.js';

export const keyed: readonly DurableCase[] = [];
