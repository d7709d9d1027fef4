import 'reflect-metadata';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as cqrs from 'nestjs-cqrs';
import { runApp } from './users.mjs';

const manifest = JSON.parse(readFileSync('node_modules/nestjs-cqrs/package.json', 'utf8'));
assert.equal(manifest.dependencies, undefined);
for (const peer of Object.keys(manifest.peerDependencies)) {
  const optional = manifest.peerDependenciesMeta?.[peer]?.optional === true;
  assert.equal(existsSync(`node_modules/${peer}`), !optional, `${peer}: optional is ${optional}`);
}

await runApp(common, core, cqrs);
