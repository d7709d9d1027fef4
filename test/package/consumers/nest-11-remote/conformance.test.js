// The conformance suite of remote transports in node:test, on Nest 11 and CommonJS: client here, servers in other processes.
require('reflect-metadata');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const { createServer } = require('node:net');
const { join } = require('node:path');
const { after, before, test } = require('node:test');
const { ClientTCP } = require('@nestjs/microservices');
const { microservice } = require('nestjs-cqrs/microservices');
const { remoteConformance } = require('nestjs-cqrs/testing');

let port;

before(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address());
  server.close();
  await once(server, 'close');
});

const start = role => note => {
  const child = fork(join(__dirname, 'program.js'), [role, String(port)]).on('message', note);
  const kill = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { tell: order => child.connected && child.send(order), kill };
};

const { cases, close } = remoteConformance({
  name: 'tcp',
  features: { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true },
  severalServers: false,
  tellsCallerGone: true,
  transport: () => microservice('conformance', new ClientTCP({ host: '127.0.0.1', port })),
  startServer: start('server'),
  startCaller: start('caller'),
});

after(close);
for (const { name, skipped, run } of cases) test(name, { skip: skipped ?? false }, run);
