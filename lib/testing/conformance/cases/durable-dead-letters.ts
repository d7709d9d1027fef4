import type { DurableCase } from '../durable-case.js';

export const deadLetters: readonly DurableCase[] = [];
