import 'reflect-metadata';
import { createRequire } from 'node:module';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as cqrs from 'nestjs-cqrs';
import { assertOneCopy, runApp } from './users.mjs';

await runApp(common, core, cqrs);
await assertOneCopy(createRequire(import.meta.url));
