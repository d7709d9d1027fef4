import { natsServer, rabbitmqServer, redisCluster, redisServer, redisServerOnDisk } from './broker-kinds.js';
import { BrokerProcess, isInstalled, type BrokerKind } from './broker-process.js';

const isRequired = process.env['CQRS_REQUIRE_SERVICES'] === '1';

/** The broker of a suite, once its tests run. */
export interface Broker {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** For suites with `restarts`: the server is gone at once, until `startAgain()`. */
  kill(): Promise<void>;
  /** On the same port. */
  startAgain(): Promise<void>;
  /** `kill()`, then `startAgain()`. */
  restart(): Promise<void>;
  /** The server stands still, and its connections stay open, until `thaw()`. */
  freeze(): void;
  thaw(): void;
}

export interface BrokerSuiteOptions {
  /** The tests kill the broker: it is always one of their own, also where the environment names another. */
  readonly restarts?: boolean;
}

type BrokerSuite = (title: string, tests: (broker: Broker) => void, options?: BrokerSuiteOptions) => void;

/**
 * `describe` with a server of its own, or the one that the environment names. Where there is neither, the suite is
 * skipped, and says so; with `CQRS_REQUIRE_SERVICES=1` that is an error.
 */
const describeWith =
  (kind: BrokerKind): BrokerSuite =>
  (title, tests, { restarts = false } = {}) => {
    const given = restarts ? undefined : process.env[kind.variable];
    if (given !== undefined) return describe(title, () => tests(new GivenBroker(given)));
    if (isInstalled(kind)) return describeWithOwn(kind, title, tests);
    const reason = `${kind.binary} is not installed (apt-get install ${kind.package})`;
    if (isRequired) throw new Error(`${title}: ${reason}.`);
    return describe.skip(`${title} (skipped: ${reason})`, () => tests(new GivenBroker('absent://127.0.0.1:0')));
  };

/** `REDIS_URL` wins. */
export const describeWithRedis = describeWith(redisServer);

/** `REDIS_URL` wins. The server keeps what is stored, also when it is killed. */
export const describeWithRedisOnDisk = describeWith(redisServerOnDisk);

/** `REDIS_CLUSTER_URL` wins. A cluster of one node. */
export const describeWithRedisCluster = describeWith(redisCluster);

/** `NATS_URL` wins. */
export const describeWithNats = describeWith(natsServer);

/** `AMQP_URL` wins. */
export const describeWithRabbitMQ = describeWith(rabbitmqServer);

function describeWithOwn(kind: BrokerKind, title: string, tests: (broker: Broker) => void): void {
  describe(title, () => {
    const broker = new BrokerProcess(kind);
    beforeAll(() => broker.start(), 120_000);
    tests(broker);
    // After the clients of the tests.
    afterAll(() => broker.stop(), 30_000);
  });
}

class GivenBroker implements Broker {
  readonly host: string;
  readonly port: number;

  constructor(readonly url: string) {
    const { hostname, port } = new URL(url);
    this.host = hostname;
    this.port = Number(port);
  }

  kill(): never {
    throw new Error('The tests of this suite kill the broker: say { restarts: true }.');
  }

  readonly startAgain = this.kill;
  readonly restart = this.kill;
  readonly freeze = this.kill;
  readonly thaw = this.kill;
}
