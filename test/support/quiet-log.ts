import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';

/** Keeps the log of a test quiet, and shows what was logged. The log and all other spies are restored after the test. */
export const quietLog = () => ({
  warn: jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined),
  error: jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined),
});

afterEach(() => jest.restoreAllMocks());
