import { NestFactory } from '@nestjs/core';
import { runUntilParentEnds } from '../../../05-shop/src/child.js';
import { BoardModule } from './board.module.js';

// No forceCloseConnections: live queries end with the application, and with them the connections of the pages.
const app = await NestFactory.create(BoardModule, { logger: ['error', 'warn'] });
await app.listen(Number(process.env['PORT']), '127.0.0.1');
runUntilParentEnds(app, await app.getUrl());
