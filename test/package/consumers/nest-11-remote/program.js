// A process of the conformance suite, over TCP: server or caller, of the port that it is told.
require('reflect-metadata');
const { ClientTCP, ServerTCP } = require('@nestjs/microservices');
const { microservice, microserviceServer } = require('nestjs-cqrs/microservices');
const { callConformance, serveConformance } = require('nestjs-cqrs/testing');

const [, , role, port] = process.argv;
const address = { host: '127.0.0.1', port: Number(port) };
const note = told => process.send?.(told);

async function main() {
  const { tell, stopped } = await (role === 'caller'
    ? callConformance(microservice('conformance', new ClientTCP(address)), note)
    : serveConformance(microserviceServer('conformance', new ServerTCP(address)), note));
  process.on('message', tell);
  await stopped;
  process.disconnect();
}

void main();
