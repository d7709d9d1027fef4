import { types } from 'node:util';
import { TransactionHost } from '@nestjs-cls/transactional';
import { ClsServiceManager } from 'nestjs-cls';

/** Thrown in place of what a decorator of `nestjs-cls` would do. */
class Asked extends Error {}

/**
 * Whether a method carries the `@Transactional` of `@nestjs-cls/transactional`. That decorator puts a `Proxy` in place of the
 * method and leaves no other mark, as `@UseCls` does. The proxy is called, and what it asks for first tells which one it
 * is; the method itself does not run.
 */
export function isForeignTransactional(method: unknown): boolean {
  if (typeof method !== 'function' || !types.isProxy(method)) return false;
  const hosts = TransactionHost as unknown as { getInstance: unknown };
  const cls = ClsServiceManager.getClsService() as unknown as { run?: unknown };
  const { getInstance } = hosts;
  let hasAsked = false;
  hosts.getInstance = () => {
    hasAsked = true;
    throw new Asked();
  };
  cls.run = refuse;
  try {
    method.call(untouchable, untouchable);
  } catch {
    // Of one of the two above; or of another proxy, which could touch nothing.
  } finally {
    hosts.getInstance = getInstance;
    // That of the class is there again.
    delete cls.run;
  }
  return hasAsked;
}

const refuse = (): never => {
  throw new Asked();
};

/** For a proxy of another library, which may call the method: that must not do anything. */
const untouchable: object = new Proxy(Object.freeze({}), {
  get: refuse,
  set: refuse,
  has: refuse,
  getPrototypeOf: refuse,
  ownKeys: refuse,
});
