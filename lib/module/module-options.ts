import { asksForFailures } from '../buses/bus-options.js';
import { EVENT_HANDLING, neitherWaitsNor } from '../events/publish-options.js';
import type { EnvelopeLimits, EnvelopeOptions } from '../envelope/envelope-options.js';
import type { Problem } from '../errors/cqrs.exception.js';
import {
  aFunction,
  anything,
  count,
  flag,
  group,
  having,
  isPlain,
  list,
  listOf,
  listOfThose,
  milliseconds,
  oneOf,
  optionProblems,
  withDefaults,
  type OptionRule,
  type RulesFor,
} from '../options/option-rules.js';
import { Exposure } from '../transport/expose.js';
import { RETRY, type RetryOptions } from '../transport/durable/retry-policy.js';
import { Schedule } from '../transport/durable/schedule.js';
import type { MessageType } from '../messages/message.js';
import type { LockStore, ResultStore } from '../policies/stores.js';
import { MessageRoute } from '../transport/route.js';
import type {
  BusOptions,
  CqrsModuleAsyncOptions,
  CqrsModuleOptions,
  DurableModuleOptions,
  EventBusOptions,
  PolicyOptions,
  SagaOptions,
  ShutdownOptions,
  ValidationOptions,
} from './cqrs.options.js';

/** Where `forRoot()` has the options of a bus. */
export const OPTION_OF_BUS = { command: 'commands', query: 'queries', event: 'events' } as const;

const BUS: RulesFor<BusOptions> = { middleware: list, timeout: milliseconds };

const EVENTS: RulesFor<EventBusOptions> = {
  ...BUS,
  // Left to the bus, which may have its own.
  mode: { ...EVENT_HANDLING.mode, default: undefined },
  onError: { ...EVENT_HANDLING.onError, default: undefined },
  wait: { ...EVENT_HANDLING.wait, default: undefined },
  notProvided: oneOf(['warn', 'ignore'], 'warn'),
};

const SAGAS: RulesFor<SagaOptions> = {
  concurrency: count(1, Infinity, Infinity),
  asyncLocalStorage: oneOf(['publisher', 'none'], 'publisher'),
};

const SHUTDOWN: RulesFor<ShutdownOptions> = {
  timeout: { ...count(0, Infinity, 10_000), expected: 'a number of milliseconds, 0 or more' },
};

const VALIDATION: RulesFor<ValidationOptions> = {
  on: oneOf(['all', 'outside', 'none'], 'all'),
  with: listOfThose('validates', 'validate'),
};

const LIMITS: RulesFor<EnvelopeLimits> = { depth: count(1, 1000), size: count(1) };

const ENVELOPES: RulesFor<Omit<EnvelopeOptions, 'types'>> = {
  limits: group(LIMITS),
  engines: listOfThose('handles', 'toPlain', 'fromPlain'),
};

const ENGINE = having('open', 'store', 'work', 'stopIntake', 'close', 'inspect');

const WITH_TRANSPORT = 'Write durable: { transport: pgBoss(boss) }, or { transport: bullmq(connection) }.';

const DURABLE: RulesFor<DurableModuleOptions> = {
  // A boss, or a connection, is the likeliest mistake.
  transport: { ...ENGINE, expected: 'what pgBoss(boss) or bullmq(connection) returns', remedy: WITH_TRANSPORT },
  retry: group(RETRY),
  concurrency: count(1, 10_000, 8),
  work: flag(true),
  schedules: listOf(Schedule, 'what schedule(…) returns'),
  elsewhere: list,
};

const POLICIES: RulesFor<PolicyOptions> = {
  results: { ...having('once'), expected: 'a store of results, such as new PgResults()' },
  locks: { ...having('run'), expected: 'a store of locks, such as new PgLocks()' },
};

const DURABLE_GROUP = group(DURABLE);

/** Without this check a transport would be read as options, and some of its fields are named as options are. */
const durableOptions: OptionRule = {
  ...DURABLE_GROUP,
  accepts: value => DURABLE_GROUP.accepts(value) && !ENGINE.accepts(value),
  describe: value => (ENGINE.accepts(value) ? 'a transport itself' : undefined),
  remedy: WITH_TRANSPORT,
};

/** Programs for @nestjs/cqrs pass null. */
const nullable = (rule: OptionRule): OptionRule => ({
  ...rule,
  accepts: value => value === null || rule.accepts(value),
});

const publisher = nullable(having('publish'));

const MODULE: RulesFor<CqrsModuleOptions> = {
  middleware: list,
  commands: group(BUS),
  queries: group(BUS),
  events: group(EVENTS),
  sagas: group(SAGAS),
  shutdown: group(SHUTDOWN),
  duplicates: oneOf(['error', 'warn'], 'error'),
  expectHandlersFor: list,
  routes: listOf(MessageRoute, 'what route(…).to(…) returns'),
  expose: listOf(Exposure, 'what expose(…).on(…) returns'),
  durable: durableOptions,
  unitOfWork: { ...having('run', 'current'), expected: 'what transactional() returns' },
  policies: group(POLICIES),
  cache: {
    ...having('get', 'set', 'delete', 'touch', 'clear'),
    expected: 'what memoryCache() or bentoCache() returns',
  },
  propagateContext: flag(false),
  timeout: milliseconds,
  validation: group(VALIDATION),
  envelopes: group(ENVELOPES),
  messages: list,
  strict: flag(false),
  instancePlans: flag(true),
  commandPublisher: publisher,
  queryPublisher: publisher,
  eventPublisher: publisher,
  unhandledExceptionPublisher: publisher,
  eventIdProvider: nullable(having('getEventId')),
  rethrowUnhandled: flag(false),
};

const ASYNC: RulesFor<CqrsModuleAsyncOptions> = {
  imports: list,
  useExisting: anything,
  useClass: anything,
  useFactory: aFunction,
  useValue: anything,
  inject: list,
  extraProviders: list,
};

/** No conflict with another call of `forRoot()`. */
export const sayNothing = (options: unknown): boolean =>
  options === undefined ||
  options === null ||
  (typeof options === 'object' && isPlain(options) && Object.values(options).every(value => value === undefined));

export const moduleOptionProblems = (given: unknown, where: string): Problem[] => {
  const problems = optionProblems(given, MODULE, where);
  return problems.length > 0 ? problems : contradictions(completeModuleOptions(given as CqrsModuleOptions), where);
};

const contradictions = ({ events, durable, policies, unitOfWork }: CompleteModuleOptions, where: string): Problem[] => [
  ...(events.wait === 'none' && asksForFailures(events) ? [neitherWaitsNor(events, `${where}, events`)] : []),
  ...(durable !== undefined && durable.transport === undefined ? [withoutEngine(where)] : []),
  ...(unitOfWork === undefined
    ? Object.entries(policies)
        .filter(isInTransaction)
        .map(([name]) => needsUnit(name, where))
    : []),
];

const isInTransaction = ([, store]: [string, ResultStore | LockStore | undefined]): boolean =>
  store?.place === 'in-transaction';

const needsUnit = (name: string, where: string): Problem => ({
  code: 'CQRS_NO_UNIT_OF_WORK',
  what: `The option "policies.${name}" has a store that writes in the transaction of the message, and the application has no unit of work.`,
  where,
  remedy: 'Give it one: { unitOfWork: transactional() }.',
});

const withoutEngine = (where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: 'The option "durable" does not say where messages are stored.',
  where,
  remedy: 'Give it a transport: { durable: { transport: pgBoss(boss) } }.',
});

export const asyncOptionProblems = (given: unknown): Problem[] =>
  optionProblems(given, ASYNC, 'CqrsModule.forRootAsync()');

/** Undefined where nothing is stored. */
export interface CompleteDurableOptions extends DurableModuleOptions {
  readonly retry: RetryOptions;
  readonly concurrency: number;
  readonly work: boolean;
  readonly schedules: readonly Schedule[];
  readonly elsewhere: readonly (MessageType | string)[];
}

export interface CompleteModuleOptions extends CqrsModuleOptions {
  readonly middleware: NonNullable<CqrsModuleOptions['middleware']>;
  readonly commands: BusOptions & Required<Pick<BusOptions, 'middleware'>>;
  readonly queries: BusOptions & Required<Pick<BusOptions, 'middleware'>>;
  readonly events: EventBusOptions & Required<Pick<EventBusOptions, 'middleware' | 'notProvided'>>;
  readonly sagas: Required<SagaOptions>;
  readonly shutdown: Required<ShutdownOptions>;
  readonly duplicates: 'error' | 'warn';
  readonly expectHandlersFor: NonNullable<CqrsModuleOptions['expectHandlersFor']>;
  readonly routes: readonly MessageRoute[];
  readonly expose: readonly Exposure[];
  readonly durable: CompleteDurableOptions | undefined;
  readonly policies: PolicyOptions;
  readonly propagateContext: boolean;
  readonly validation: Required<ValidationOptions>;
  readonly messages: NonNullable<CqrsModuleOptions['messages']>;
  readonly strict: boolean;
  readonly instancePlans: boolean;
}

/** `rethrowUnhandled` of @nestjs/cqrs is the default of `events.onError`. */
export function completeModuleOptions(given: CqrsModuleOptions): CompleteModuleOptions {
  const complete = withDefaults(given, MODULE) as unknown as CompleteModuleOptions;
  const durable = given.durable === undefined ? undefined : complete.durable;
  const isRethrowing = complete.rethrowUnhandled === true && given.events?.onError === undefined;
  return { ...complete, durable, ...(isRethrowing && { events: { ...complete.events, onError: 'throw' } }) };
}
