import type { ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { ProviderExplorer, type FoundHandler } from '../../../lib/module/provider-explorer.js';

/** What decorators marked among the providers of a real application, which knows nothing of `CqrsModule`. */
export async function explored({ imports = [], providers = [] }: ModuleMetadata) {
  const app = await Test.createTestingModule({
    imports: [DiscoveryModule, ...imports],
    providers: [ProviderExplorer, ...providers],
  }).compile();
  const explorer = app.get(ProviderExplorer);
  return { app, explorer, ...explorer.explore() };
}

/** The handlers of some providers. */
export const handlersOf = async (...providers: NonNullable<ModuleMetadata['providers']>): Promise<FoundHandler[]> =>
  (await explored({ providers })).handlers;
