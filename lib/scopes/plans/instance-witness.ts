import { Injectable } from '@nestjs/common';

const untouched = new WeakSet<object>();

/**
 * Detects `instrument.instanceDecorator`, which Nest does not report: the witness comes back touched or replaced. Then
 * Nest makes instances.
 */
@Injectable()
export class InstanceWitness {
  constructor() {
    const witness = new Proxy(
      this,
      watch(() => untouched.delete(witness)),
    );
    untouched.add(witness);
    return witness;
  }
}

export const isUntouched = (instance: object): boolean => untouched.has(instance);

const watch = (tell: () => void): ProxyHandler<InstanceWitness> =>
  new Proxy<ProxyHandler<InstanceWitness>>(
    {},
    {
      get(_, trap) {
        if (trap !== 'get') return void tell();
        return (target: Record<string | symbol, unknown>, key: string | symbol) => {
          // Resolving a promise reads `then`.
          if (key !== 'then') tell();
          return target[key];
        };
      },
    },
  );
