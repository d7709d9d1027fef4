import { Redis } from 'ioredis';
import { bullmq } from 'nestjs-cqrs/bullmq';
import type { DurableTransport, QueueSpec } from 'nestjs-cqrs/extension';
import { encodeName } from '../../lib/integrations/bullmq/encoding.js';
import type { Broker } from './brokers.js';

/** Transports on BullMQ, and a client of their Redis. Call it within `describe`: they end with each test. */
export class BullMQTransports {
  /** What the transports of this test have reported. */
  readonly reported: string[] = [];
  private readonly open: DurableTransport[] = [];
  private client: Redis | undefined;

  constructor(private readonly broker: Broker) {
    beforeEach(() => {
      this.reported.length = 0;
    });
    afterEach(async () => {
      this.client?.disconnect();
      this.client = undefined;
      await Promise.all(this.open.splice(0).map(transport => transport.close()));
    });
  }

  get redis(): Redis {
    return (this.client ??= new Redis(this.broker.port, this.broker.host));
  }

  /** An open one. */
  readonly connect = async (...queues: QueueSpec[]): Promise<DurableTransport> => {
    const transport = bullmq({ host: this.broker.host, port: this.broker.port });
    this.open.push(transport);
    await transport.open(queues, (problem, error) => void this.reported.push(`${problem}: ${String(error)}`));
    return transport;
  };

  /** A key of a queue in Redis. */
  readonly keyOf = ({ name }: QueueSpec, last: string): string => `cqrs:${encodeName(name)}:${last}`;
}
