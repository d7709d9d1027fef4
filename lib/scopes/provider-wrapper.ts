import type { DiscoveryService } from '@nestjs/core';

/** Nest does not export the type of its providers. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

export const isSingleton = (wrapper: ProviderWrapper): boolean =>
  wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
