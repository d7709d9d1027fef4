import { join } from 'node:path';
import { BadRequestException, Inject, Injectable, type Provider, Scope } from '@nestjs/common';
import {
  APP_GUARD,
  APP_INTERCEPTOR,
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  createContextId,
  type HostComponentInfo,
  REQUEST,
} from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { eq } from 'drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { pgSchema, text } from 'drizzle-orm/pg-core';
import {
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  EventBus,
  EventsHandler,
  type MessageContext,
  QueryHandler,
} from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { answerOf } from '../../support/program.js';
import { Authentication, NotesController, notesOfTwo } from './multi-tenant/api.js';
import { AddNote, GetNotes, NoteAdded, notes, tenant, TenantInterceptor, tenantOf } from './multi-tenant/tenant.js';
import { sharedDatabase } from './shared-database.js';

// #region by-header
@Injectable()
class Notes {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(AddNote)
  async add({ text }: AddNote, context: MessageContext) {
    await this.database.insert(notes).values({ tenant: tenantOf(context), text });
    await this.events.publish(new NoteAdded(text), { context });
  }

  @QueryHandler(GetNotes)
  async all(_query: GetNotes, context: MessageContext) {
    const rows = await this.database
      .select()
      .from(notes)
      .where(eq(notes.tenant, tenantOf(context)));
    return rows.map(({ text }) => text);
  }
}
// #endregion

/** Shows that the tenant goes along with the event. */
@Injectable()
class Copies {
  constructor(private readonly database: PgliteDatabase) {}

  @EventsHandler(NoteAdded)
  async copy({ text }: NoteAdded, context: MessageContext) {
    await this.database.insert(notes).values({ tenant: tenantOf(context), text: `copy of ${text}` });
  }
}

// #region strategy
const TENANTS = new Set(['acme', 'other', 'third']);

class TenantStrategy implements ContextIdStrategy<{ headers: Record<string, string | undefined> }> {
  private readonly tenants = new Map<string, ContextId>();

  /** `headers` are those of the dispatch; the payload is what REQUEST injects into durable providers. */
  attach(contextId: ContextId, { headers }: { headers: Record<string, string | undefined> }) {
    const name = headers[tenant.name];
    if (name === undefined || !TENANTS.has(name)) throw new BadRequestException('Say which tenant this is for.');
    const ofTenant = this.tenants.get(name) ?? createContextId();
    this.tenants.set(name, ofTenant);
    return {
      resolve: ({ isTreeDurable }: HostComponentInfo) => (isTreeDurable ? ofTenant : contextId),
      payload: { tenant: name },
    };
  }
}
// #endregion

// #region durable
/** The tables of one tenant, in a schema of its own. There is one instance per tenant. */
@Injectable({ scope: Scope.REQUEST, durable: true })
class TenantTables {
  readonly notes;

  constructor(@Inject(REQUEST) request: { tenant: string }) {
    this.notes = pgSchema(request.tenant).table('notes', { text: text().notNull() });
  }
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class DurableNotes {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly tables: TenantTables,
  ) {}

  @CommandHandler(AddNote)
  async add({ text }: AddNote) {
    await this.database.insert(this.tables.notes).values({ text });
  }

  @QueryHandler(GetNotes)
  async all() {
    return (await this.database.select().from(this.tables.notes)).map(({ text }) => text);
  }
}
// #endregion

let made = 0;
@Injectable({ scope: Scope.REQUEST, durable: true })
class CountedTables extends TenantTables {
  readonly number = ++made;
}

const database = sharedDatabase(`
  CREATE TABLE notes (tenant text NOT NULL, text text NOT NULL);
  DROP SCHEMA IF EXISTS acme CASCADE; CREATE SCHEMA acme; CREATE TABLE acme.notes (text text NOT NULL);
  DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other; CREATE TABLE other.notes (text text NOT NULL);
  DROP SCHEMA IF EXISTS third CASCADE; CREATE SCHEMA third; CREATE TABLE third.notes (text text NOT NULL);
`);

async function serve(...handlers: Provider[]) {
  const providers = [
    // #region providers
    { provide: APP_GUARD, useClass: Authentication }, // sets request.tenant
    { provide: APP_INTERCEPTOR, useClass: TenantInterceptor },
    // #endregion
  ];
  const moduleRef = await Test.createTestingModule({
    imports: [
      // #region module
      CqrsModule.forRoot({ propagateContext: true }),
      // #endregion
      database,
    ],
    controllers: [NotesController],
    providers: [...providers, ...handlers],
  }).compile();
  return moduleRef.createNestApplication();
}

const withCopies = (name: string, numbers: number[]) =>
  [...numbers.map(i => `${name} ${i}`), ...numbers.map(i => `copy of ${name} ${i}`)].toSorted();
const SEPARATE = { acme: withCopies('acme', [0, 2, 4, 6, 8]), other: withCopies('other', [1, 3, 5, 7, 9]), third: [] };

describe('docs/recipes/multi-tenant.md: headers', () => {
  it('keep the rows of tenants apart, also of events, and refuse what has no tenant', async () => {
    const app = await serve(Notes, Copies);
    expect(await notesOfTwo(app)).toEqual(SEPARATE);
    const commands = app.get(CommandBus);
    const { published } = await scenario(app).when(new AddNote('whose?')).fails(BadRequestException);
    published.none(NoteAdded);
    // #region job
    await commands.dispatch(new AddNote('nightly'), new ContextOrigin({ headers: tenant.of('third') }));
    // #endregion
    const rows = app.get(PgliteDatabase, { strict: false }).select().from(notes);
    expect((await rows.where(eq(notes.tenant, 'third'))).map(({ text }) => text)).toEqual([
      'nightly',
      'copy of nightly',
    ]);
    await app.close();
  }, 60_000);
});

describe('docs/recipes/multi-tenant.md: nestjs-cls', () => {
  it('keeps the rows of tenants apart, also of events, and refuses what has no tenant', async () => {
    const program = join(import.meta.dirname, 'multi-tenant/cls.ts');
    expect(await answerOf(program)).toEqual({
      found: SEPARATE,
      refused: 'BadRequestException: Say which tenant this is for.',
      third: ['nightly', 'copy of nightly'],
    });
  }, 120_000);
});

describe('docs/recipes/multi-tenant.md: durable providers', () => {
  const { strategy } = ContextIdFactory as unknown as { strategy: unknown };
  afterEach(() => Object.assign(ContextIdFactory as unknown as object, { strategy }));

  it('are made once a tenant, for all its dispatches', async () => {
    made = 0;
    // #region apply
    ContextIdFactory.apply(new TenantStrategy());
    // #endregion
    const app = await serve({ provide: TenantTables, useClass: CountedTables }, DurableNotes);
    const without = (texts: string[]) => texts.filter(text => !text.startsWith('copy'));
    const { acme, other } = SEPARATE;
    expect(await notesOfTwo(app)).toEqual({ acme: without(acme), other: without(other), third: [] });
    expect(made).toBe(3);
    await scenario(app).when(new AddNote('whose?')).fails(BadRequestException);
    const nobody = { headers: tenant.of('nobody') };
    await expect(app.get(CommandBus).dispatch(new AddNote('whose?'), nobody)).rejects.toThrow(BadRequestException);
    await app.close();
  }, 60_000);
});
