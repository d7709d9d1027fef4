import { engineOf } from '../../../lib/integrations/microservices/engines.js';

class ClientTCP {}
class ClientNats {}
class ClientRMQ {}
class ClientRedis {}
class ClientMqtt {}
class ServerTCP {}
class ServerNats {}
class ServerRMQ {}
class ServerRedis {}
class OwnClient extends ClientNats {}
class ClientOwn extends ClientRMQ {}

const ALL = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };
const RMQ = { ...ALL, addressable: false, tellsNobodyListens: false };
const REDIS = { ...ALL, sharesLoad: false, tellsNobodyListens: false };

describe('What an engine can do', () => {
  it.each([
    ['Client', new ClientTCP(), 'tcp', ALL],
    ['Client', new ClientNats(), 'nats', ALL],
    ['Client', new ClientRMQ(), 'rmq', RMQ],
    ['Client', new ClientRedis(), 'redis', REDIS],
    ['Server', new ServerTCP(), 'tcp', ALL],
    ['Server', new ServerNats(), 'nats', ALL],
    ['Server', new ServerRMQ(), 'rmq', RMQ],
    ['Server', new ServerRedis(), 'redis', REDIS],
    ['Client', new OwnClient(), 'nats', ALL],
    ['Client', new ClientOwn(), 'rmq', RMQ],
  ] as const)('is known by the class of the %s: %p', (role, instance, engine, features) => {
    expect(engineOf(instance, role, {})).toEqual({ engine, features });
  });

  it('may be said, and the name of the engine too', () => {
    const features = { ...ALL, manyReplies: false };
    expect(engineOf(new ClientTCP(), 'Client', { features })).toEqual({ engine: 'tcp', features });
    expect(engineOf(new ClientTCP(), 'Client', { engine: 'quic' })).toEqual({ engine: 'quic', features: ALL });
    expect(engineOf(new ClientMqtt(), 'Client', { features })).toEqual({ engine: 'ClientMqtt', features });
    expect(engineOf({}, 'Client', { features })).toEqual({ engine: 'custom', features });
    expect(engineOf({}, 'Server', { features, engine: 'own' })).toEqual({ engine: 'own', features });
  });

  it.each<[object, 'Client' | 'Server', string, string]>([
    [new ClientMqtt(), 'Client', 'ClientMqtt', 'microservice()'],
    [new ServerTCP(), 'Client', 'ServerTCP', 'microservice()'],
    [new ClientTCP(), 'Server', 'ClientTCP', 'microserviceServer()'],
    [{}, 'Client', 'this object', 'microservice()'],
    [Object.create(null) as object, 'Server', 'this object', 'microserviceServer()'],
  ])('is not known of %p as a %s', (instance, role, shown, where) => {
    expect(() => engineOf(instance, role, { engine: 'own' })).toThrow(
      `It is not known what ${shown} can do. Where: ${where}. Say it: { features: { sharesLoad, manyReplies, addressable, tellsNobodyListens } }; see docs/transports.md. [CQRS_UNKNOWN_TRANSPORT]`,
    );
  });
});
