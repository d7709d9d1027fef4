import { Body, Controller, Headers, Post, Req } from '@nestjs/common';
import { ContextIdFactory, NestFactory, type ContextId, type HostComponentInfo } from '@nestjs/core';
import { createContextId } from '@nestjs/core/helpers/context-id-factory.js';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { IncomingMessage } from 'node:http';
import type { INestApplication, Type } from '@nestjs/common';
import {
  AsyncContext,
  CommandBus,
  DispatchTimeoutException,
  UnhandledExceptionBus,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';
import { checks, requests, tenantHeader } from './checks.js';
import { moduleOf } from './application.js';
import { Place, Wait } from './messages.js';

interface OrderBody {
  readonly id: string;
  readonly number: number;
}

/** Requests of one tenant share what is durable; where nothing tells the tenant nothing is shared. */
function shareByTenant(): void {
  const tenants = new Map<string, ContextId>();
  ContextIdFactory.apply({
    attach(contextId: ContextId, request: { tenant?: string }) {
      const { tenant } = request;
      if (tenant === undefined) return undefined as never;
      const ofTenant = tenants.get(tenant) ?? createContextId();
      tenants.set(tenant, ofTenant);
      const resolve = ({ isTreeDurable }: HostComponentInfo) => (isTreeDurable ? ofTenant : contextId);
      return { resolve, payload: { tenant } };
    },
  });
}

function controller(): Type {
  @Controller()
  class OrdersController {
    constructor(private readonly commands: CommandBus) {}

    @Post('orders')
    order(@Headers('x-tenant') tenant: string, @Body() { id, number }: OrderBody) {
      const headers = tenantHeader.of(tenant);
      const asyncContext = new AsyncContext({ tenant });
      return requests.run({ tenant }, async () => {
        const placed = await this.commands.execute(new Place(tenant, id, number), {
          headers,
          asyncContext,
          correlationId: id,
        });
        checks.that(requests.getStore()?.tenant === tenant, () => 'controller: the store is another');
        return { tenant: placed };
      });
    }

    @Post('waits')
    wait(
      @Headers('x-tenant') tenant: string,
      @Body() { id, number }: OrderBody,
      @Req() request: { raw?: IncomingMessage },
    ) {
      const closed = new AbortController();
      const socket = (request.raw ?? (request as unknown as IncomingMessage)).socket;
      const abort = () => closed.abort(new Error('the client has gone'));
      socket.once('close', abort);
      const said = { headers: tenantHeader.of(tenant), correlationId: id, signal: closed.signal };
      const dispatch = () => this.commands.dispatch(new Wait(tenant, id), number % 2 ? said : { ...said, timeout: 20 });
      return requests
        .run({ tenant }, dispatch)
        .catch((error: unknown) => {
          checks.count(error instanceof DispatchTimeoutException ? 'timeouts' : 'aborted');
          return { tenant };
        })
        .finally(() => socket.off('close', abort));
    }
  }
  return OrdersController;
}

/** One application on each platform for each way to run. */
export async function startServers(): Promise<{ app: INestApplication; port: number }[]> {
  shareByTenant();
  const variants: [() => ExpressAdapter | FastifyAdapter, CqrsModuleOptions][] = [
    [() => new ExpressAdapter(), { propagateContext: true, sagas: { concurrency: 2 } }],
    [() => new FastifyAdapter(), { propagateContext: false, sagas: { concurrency: 2 } }],
    [() => new ExpressAdapter(), { propagateContext: false }],
    [() => new FastifyAdapter(), { propagateContext: true }],
  ];
  const servers = [];
  for (const [adapter, options] of variants) {
    const app = await NestFactory.create(moduleOf(options, [controller()]), adapter(), { logger: false });
    app.get(UnhandledExceptionBus).subscribe(() => checks.count('failures reported'));
    await app.listen(0, '127.0.0.1');
    servers.push({ app, port: Number(new URL(await app.getUrl()).port) });
  }
  return servers;
}
