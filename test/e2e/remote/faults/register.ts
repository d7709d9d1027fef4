import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationTransports } from '../../../../lib/module/application-transports.js';
import type { Receiver } from '../../../../lib/transport/receiver.js';
import type { RemoteServer } from '../../../../lib/transport/remote-transport.js';

/** How many calls of other processes can be reached in this one. */
export function registered(app: INestApplicationContext): number {
  const { receivers } = app.get(ApplicationTransports, { strict: false }) as unknown as {
    receivers: Map<RemoteServer, Receiver[]>;
  };
  return [...receivers.values()].flat().reduce((sum, { calls }) => sum + calls.size, 0);
}
