import { at, Command, CqrsModule, expose, Middleware, route, type MiddlewareFunction } from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { MemoryRemote } from 'nestjs-cqrs/testing';

class Charge extends Command {}
const audit: MiddlewareFunction = (message, next) => next(message);
const remote = new MemoryRemote();

// @ts-expect-error: an instance in place of a class
route(new Charge());
// @ts-expect-error: a number in place of a class or a name
route(5);
// @ts-expect-error: a server in place of a transport
route(Charge).to(remote.server());
// @ts-expect-error: no transport
route(Charge).to();
// @ts-expect-error: a misspelled option
route(Charge).to(remote.transport(), { timeOut: 5 });

// @ts-expect-error: names expose nothing
expose('billing.*');
// @ts-expect-error: a transport in place of a server
expose(Charge).on(remote.transport());
// @ts-expect-error: a word that is none
expose(Charge).on(remote.server(), { failures: 'none' });
// @ts-expect-error: header keys have names
expose(Charge).on(remote.server(), { headers: [Charge] });

// @ts-expect-error: routes without to()
CqrsModule.forRoot({ routes: [route(Charge)] });
// @ts-expect-error: expose() without on()
CqrsModule.forRoot({ expose: [expose(Charge)] });

// @ts-expect-error: a place that does not exist
at(audit, 'sned');
// @ts-expect-error: no middleware
at(Charge, 'send');
// @ts-expect-error: a place that does not exist
Middleware({ at: ['receive'] });

// @ts-expect-error: no client
microservice('billing', {});
// @ts-expect-error: a client without a name
microservice(remote.transport());
// @ts-expect-error: no server
microserviceServer('billing', {});
