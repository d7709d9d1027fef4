import { ClientProxy, ClientTCP, ServerTCP } from '@nestjs/microservices';
import { microservice, microserviceServer } from '../../../lib/integrations/microservices/index.js';

class ClientOfMine extends ClientProxy {
  connect = async () => undefined;
  close = () => undefined;
  unwrap = () => undefined as never;
  protected publish = () => () => undefined;
  protected dispatchEvent = async () => undefined as never;
}

const ALL = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };

describe('what an engine can do', () => {
  it('is known by the class, and by that of a subclass', () => {
    class OwnClient extends ClientTCP {}
    for (const client of [new ClientTCP({}), new OwnClient({})])
      expect(microservice('billing', client)).toMatchObject({ engine: 'tcp', features: ALL });
  });

  it('is known by the name of the engine, where a bundler has changed class names', () => {
    const a = class extends (class {} as unknown as typeof ServerTCP) {};
    expect(microserviceServer('billing', new a({}), { engine: 'tcp' })).toMatchObject({ engine: 'tcp', features: ALL });
  });

  it('is asked for where neither is known', () => {
    const client = new ClientOfMine();
    const refused = expect.objectContaining({ code: 'CQRS_UNKNOWN_TRANSPORT' });
    expect(() => microservice('billing', client)).toThrow(refused);
    expect(() => microservice('billing', client, { engine: 'constructor' })).toThrow(refused);
    const features = { ...ALL, addressable: false };
    expect(microservice('billing', client, { features })).toMatchObject({ engine: 'ClientOfMine', features });
  });
});
