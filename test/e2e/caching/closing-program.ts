import { setTimeout as delay } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { redisModule } from './redis-application.js';

/** Starts where Redis is away, closes some milliseconds later, and ends by itself. */
const [, , port, open, by] = process.argv;
const place = { host: '127.0.0.1', port: Number(port) };
const connection = by === 'sentinels' ? { sentinels: [place], name: 'main' } : place;

@Module(redisModule({ ...connection, retryStrategy: () => 50 }, { read: async () => 0 }).metadata)
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
await delay(Number(open));
await app.close();
process.stdout.write('closed');
