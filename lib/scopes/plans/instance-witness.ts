import { Injectable } from '@nestjs/common';

/** Instances that were not looked at since they were made. */
const untouched = new WeakSet<object>();

/**
 * An instance that knows whether it is looked at. Nest lets an application decorate every instance it makes
 * (`instrument.instanceDecorator`), and does not say whether one does: then the witness comes back touched, or is
 * something else. Instances of such an application are made by Nest alone.
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

/** Whether Nest has handed out an instance as it was made. */
export const isUntouched = (instance: object): boolean => untouched.has(instance);

/** Sees everything that is done to an object, and lets it be done. */
const watch = (tell: () => void): ProxyHandler<InstanceWitness> =>
  new Proxy<ProxyHandler<InstanceWitness>>(
    {},
    {
      get(_, trap) {
        if (trap !== 'get') return void tell();
        return (target: Record<string | symbol, unknown>, key: string | symbol) => {
          // A promise asks for it of whatever it is resolved with.
          if (key !== 'then') tell();
          return target[key];
        };
      },
    },
  );
