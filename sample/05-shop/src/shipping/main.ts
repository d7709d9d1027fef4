import { NestFactory } from '@nestjs/core';
import { runUntilParentEnds } from '../child.js';
import { ShippingModule } from './shipping.module.js';

runUntilParentEnds(await NestFactory.createApplicationContext(ShippingModule, { logger: ['warn', 'error'] }));
