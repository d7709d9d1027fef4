import type { ModuleMetadata } from '@nestjs/common';
import { refusalOf } from '../../support/application.js';

/** The text of what something fails with: the message of the error that a user sees. */
export async function textOf(failing: () => unknown): Promise<string> {
  try {
    await failing();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '(it did not fail)';
}

/** The text with which an application refuses to start. */
export const refusalText = async (metadata: ModuleMetadata): Promise<string> => (await refusalOf(metadata)).message;
