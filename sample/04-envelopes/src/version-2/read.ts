import { readFile } from 'node:fs/promises';
import { EnvelopeException, MessageCatalog } from 'nestjs-cqrs';
import { OrderPlaced } from './order-placed.js';

/** Reads a file of envelopes, whatever version they have; what is no such envelope is told, and the rest goes on. */
export async function read(file: string): Promise<string[]> {
  // #region read
  const catalog = new MessageCatalog([OrderPlaced]);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map(line => {
    try {
      const { meta, payload } = catalog.fromJSON(line);
      return `${meta.name} v${meta.version} for ${String(meta.headers['tenant'])}: ${describe(payload as OrderPlaced)}`;
    } catch (error) {
      if (error instanceof EnvelopeException) return `refused: ${error.code}, ${error.what}`;
      throw error;
    }
  });
  // #endregion
}

const describe = (order: OrderPlaced): string =>
  `${order.orderId} by ${order.customer.firstName} ${order.customer.lastName} (${order.customer.initials}), ` +
  `${order.articles} articles for ${order.totalInCents} cents at ${order.placedAt.toISOString()}`;
