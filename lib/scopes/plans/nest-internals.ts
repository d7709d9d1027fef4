import { ContextIdFactory } from '@nestjs/core';
import type { ProviderWrapper } from '../provider-wrapper.js';

export type InstanceHost = ReturnType<ProviderWrapper['getInstanceByContextId']>;

type Check = (value: unknown) => boolean;

const isMethod: Check = value => typeof value === 'function';
/** Nest leaves out members that do not apply. */
const anything: Check = () => true;

/** Used members of `InstanceWrapper`, of a request-scoped class. */
export const WRAPPER_MEMBERS: Readonly<Partial<Record<keyof ProviderWrapper, Check>>> = {
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

/** Used members of `InstancePerContext`, before the instance exists. */
export const HOST_MEMBERS: Readonly<Partial<Record<keyof InstanceHost, Check>>> = {
  instance: anything,
  isResolved: value => value === false,
  isPending: value => !value,
  donePromise: anything,
};

export const METADATA_KEYS = {
  parameterTypes: 'design:paramtypes',
  parameterTokens: 'self:paramtypes',
  properties: 'self:properties_metadata',
} as const;

/** Members that this Nest lacks or changed. */
export function missingInternals(wrapper: ProviderWrapper): string[] {
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
