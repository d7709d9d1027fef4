export { microservice } from './microservice.js';
export type { MicroserviceOptions } from './microservice.js';
export { microserviceServer } from './microservice-server.js';
export type { MicroserviceServerOptions } from './microservice-server.js';
