import { ContextIdFactory, type DiscoveryService } from '@nestjs/core';

/** What Nest keeps of one provider; named by way of the public service that returns it. */
export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** What Nest keeps of one instance in a context. */
export type InstanceHost = ReturnType<Wrapper['getInstanceByContextId']>;

type Check = (value: unknown) => boolean;

const isMethod: Check = value => typeof value === 'function';
/** Nest leaves it out where it does not apply, so its absence says nothing. */
const anything: Check = () => true;

/** The members of Nest's `InstanceWrapper` that plans use, and what each of a request-scoped class must be. */
export const WRAPPER_MEMBERS: Readonly<Partial<Record<keyof Wrapper, Check>>> = {
  id: value => typeof value === 'string',
  token: value => value !== undefined,
  metatype: value => typeof value === 'function',
  instance: anything,
  isTransient: value => typeof value === 'boolean',
  inject: anything,
  isAlias: anything,
  forwardRef: anything,
  async: anything,
  isDependencyTreeStatic: isMethod,
  getCtorMetadata: isMethod,
  getPropertiesMetadata: isMethod,
  getEnhancersMetadata: isMethod,
  getInstanceByContextId: isMethod,
  setInstanceByContextId: isMethod,
  removeInstanceByContextId: isMethod,
};

/** The members of Nest's `InstancePerContext` that plans use, and what each must be before Nest makes the instance. */
export const HOST_MEMBERS: Readonly<Partial<Record<keyof InstanceHost, Check>>> = {
  instance: anything,
  isResolved: value => value === false,
  isPending: value => !value,
  donePromise: anything,
};

/** Under what Nest's decorators and TypeScript leave on a class what is injected. */
export const METADATA_KEYS = {
  parameterTypes: 'design:paramtypes',
  parameterTokens: 'self:paramtypes',
  properties: 'self:properties_metadata',
} as const;

/** The members that are missing, or other than expected, in the installed version of Nest. */
export function missingInternals(wrapper: Wrapper): string[] {
  const missing = unexpected('InstanceWrapper', wrapper, WRAPPER_MEMBERS);
  if (missing.length > 0) return missing;
  return unexpected(
    'InstancePerContext',
    wrapper.getInstanceByContextId(ContextIdFactory.create(), wrapper.id),
    HOST_MEMBERS,
  );
}

const unexpected = (name: string, kept: object, members: Readonly<Record<string, Check>>): string[] =>
  Object.entries(members)
    .filter(([member, check]) => !check((kept as Readonly<Record<string, unknown>>)[member]))
    .map(([member]) => `${name}.${member}`);
