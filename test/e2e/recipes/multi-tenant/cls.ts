import type { Server } from 'node:http';
import { PGlite } from '@electric-sql/pglite';
import { BadRequestException, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { eq } from 'drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { ClsModule, ClsService } from 'nestjs-cls';
import { CommandBus, CommandHandler, CqrsModule, EventBus, EventsHandler, QueryHandler } from 'nestjs-cqrs';
import { DatabaseModule } from '../database.module.js';
import { Authentication, NotesController, notesOfTwo } from './api.js';
import { AddNote, GetNotes, NoteAdded, notes } from './tenant.js';

// Prints what two tenants find after they have sent notes at once; the tenant is in nestjs-cls.

// #region repository
@Injectable()
class NoteRepository {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly cls: ClsService,
  ) {}

  async add(text: string): Promise<void> {
    await this.database.insert(notes).values({ tenant: this.tenant(), text });
  }

  async all(): Promise<string[]> {
    const rows = await this.database.select().from(notes).where(eq(notes.tenant, this.tenant()));
    return rows.map(({ text }) => text);
  }

  private tenant(): string {
    const name = this.cls.get<string | undefined>('tenant');
    if (name === undefined) throw new BadRequestException('Say which tenant this is for.');
    return name;
  }
}
// #endregion

@Injectable()
class Notes implements OnModuleInit {
  constructor(
    private readonly repository: NoteRepository,
    private readonly events: EventBus,
    private readonly client: PGlite,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.client.exec('CREATE TABLE notes (tenant text NOT NULL, text text NOT NULL)');
  }

  @CommandHandler(AddNote)
  async add({ text }: AddNote) {
    await this.repository.add(text);
    await this.events.publish(new NoteAdded(text));
  }

  @EventsHandler(NoteAdded)
  async copy({ text }: NoteAdded) {
    await this.repository.add(`copy of ${text}`);
  }

  @QueryHandler(GetNotes)
  all() {
    return this.repository.all();
  }
}

// #region module
@Module({
  imports: [
    CqrsModule.forRoot(),
    DatabaseModule,
    ClsModule.forRoot({
      global: true,
      // After the guards, which know the user.
      interceptor: {
        mount: true,
        setup: (cls, execution) => cls.set('tenant', execution.switchToHttp().getRequest<{ tenant: string }>().tenant),
      },
    }),
  ],
  controllers: [NotesController],
  providers: [NoteRepository, Notes],
})
class AppModule {}
// #endregion

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useGlobalGuards(new Authentication());
const found = await notesOfTwo(app);
const [cls, commands] = [app.get(ClsService), app.get(CommandBus)];
// #region job
await cls.run(() => {
  cls.set('tenant', 'third');
  return commands.dispatch(new AddNote('nightly'));
});
// #endregion
const refused = await commands.dispatch(new AddNote('whose?')).catch(String);
const rows = await app.get(PgliteDatabase, { strict: false }).select().from(notes).where(eq(notes.tenant, 'third'));
(app.getHttpServer() as Server).closeAllConnections();
await app.close();
process.stdout.write(JSON.stringify({ found, refused, third: rows.map(({ text }) => text) }));
