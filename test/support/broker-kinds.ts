import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerKind, Place } from './broker-process.js';

const HOST = '127.0.0.1';

/** In memory. */
export const redisServer: BrokerKind = {
  binary: 'redis-server',
  package: 'redis-server',
  variable: 'REDIS_URL',
  url: port => `redis://${HOST}:${port}`,
  ready: 'Ready to accept connections',
  command: ({ port, folder }) => ({
    file: 'redis-server',
    args: ['--bind', HOST, '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no'],
  }),
};

/** On disk, each command before it is answered: what was stored is still there after `kill()`. */
export const redisServerOnDisk: BrokerKind = {
  ...redisServer,
  command: place => {
    const { file, args } = redisServer.command(place);
    // The last of several wins.
    return { file, args: [...args, '--appendonly', 'yes', '--appendfsync', 'always'] };
  },
};

/** A cluster of one node, once it has been given its slots. */
export const redisCluster: BrokerKind = {
  ...redisServer,
  variable: 'REDIS_CLUSTER_URL',
  command: place => {
    const { file, args } = redisServer.command(place);
    // A node that no other one has met does not know its address, and clients are told none.
    const cluster = ['--cluster-enabled', 'yes', '--cluster-announce-ip', HOST];
    return { file, args: [...args, ...cluster, '--cluster-port', `${place.otherPorts[0]}`] };
  },
};

export const natsServer: BrokerKind = {
  binary: 'nats-server',
  package: 'nats-server',
  variable: 'NATS_URL',
  url: port => `nats://${HOST}:${port}`,
  ready: 'Server is ready',
  command: ({ port }) => ({ file: 'nats-server', args: ['--addr', HOST, '--port', `${port}`] }),
};

/** The command in the path of Debian changes the user, and waits in a shell. */
const OF_DEBIAN = '/usr/lib/rabbitmq/bin/rabbitmq-server';

const erlang = ({ otherPorts: [epmd], folder }: Place): NodeJS.ProcessEnv => ({
  HOME: folder,
  ERL_EPMD_ADDRESS: HOST,
  ERL_EPMD_PORT: `${epmd}`,
});

/** With an Erlang port mapper of its own. Nothing listens beyond the loopback interface. */
export const rabbitmqServer: BrokerKind = {
  binary: 'rabbitmq-server',
  package: 'rabbitmq-server',
  variable: 'AMQP_URL',
  url: port => `amqp://guest:guest@${HOST}:${port}`,
  ready: 'Server startup complete',
  before: place => spawn('epmd', [], { env: { ...process.env, ...erlang(place) }, stdio: 'ignore' }),
  command: place => ({
    file: existsSync(OF_DEBIAN) ? OF_DEBIAN : 'rabbitmq-server',
    args: [],
    env: {
      ...erlang(place),
      RABBITMQ_NODENAME: `cqrs-${place.port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: HOST,
      RABBITMQ_NODE_PORT: `${place.port}`,
      RABBITMQ_DIST_PORT: `${place.otherPorts[1]}`,
      RABBITMQ_MNESIA_BASE: join(place.folder, 'data'),
      RABBITMQ_LOG_BASE: place.folder,
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: join(place.folder, 'none'),
      RABBITMQ_CONF_ENV_FILE: join(place.folder, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(place.folder, 'plugins'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}',
      // The shell becomes the server, in place of waiting for it.
      RABBITMQ_ALLOW_INPUT: '1',
    },
  }),
};
