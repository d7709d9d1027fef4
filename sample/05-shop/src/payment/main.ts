import { NestFactory } from '@nestjs/core';
import { runUntilParentEnds } from '../child.js';
import { PaymentModule } from './payment.module.js';

runUntilParentEnds(await NestFactory.createApplicationContext(PaymentModule, { logger: ['warn', 'error'] }));
