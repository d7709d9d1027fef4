import type { DurableCase } from '../durable-case.js';

export const restarting: readonly DurableCase[] = [];
