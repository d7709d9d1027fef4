import { NestFactory } from '@nestjs/core';
import { runUntilParentEnds } from '../child.js';
import { OrderModule } from './order.module.js';

const app = await NestFactory.create(OrderModule, { logger: ['warn', 'error'], forceCloseConnections: true });
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
runUntilParentEnds(app, await app.getUrl());
