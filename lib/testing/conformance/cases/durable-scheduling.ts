import type { DurableCase } from '../durable-case.js';

export const scheduling: readonly DurableCase[] = [];
