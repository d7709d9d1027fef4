import type { DiscoveryService } from '@nestjs/core';

/** Nest does not export the type of its providers. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Nest does not export the type of its modules. */
export type Module = NonNullable<ProviderWrapper['host']>;

/** The class of a provider. */
export type ProviderClass = abstract new (...args: never[]) => object;

export const isSingleton = (wrapper: ProviderWrapper): boolean =>
  wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
