import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Module, Scope, type OnModuleDestroy } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { map, Subject, takeUntil, type Observable } from 'rxjs';
import {
  AggregateRoot,
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  UnhandledExceptionBus,
  type ICommand,
  type ICommandHandler,
  type IEvent,
  type IEventHandler,
  type IQueryHandler,
  type UnhandledExceptionInfo,
} from 'nestjs-cqrs';

/**
 * Every construct that the CQRS recipe of Nest's documentation shows, section by section, in a library of books:
 * somebody borrows a book, a saga orders a copy, readers look at what there is.
 */

class BookBorrowed {
  constructor(
    readonly bookId: string,
    readonly reader: string,
  ) {}
}

class Book extends AggregateRoot {
  copies = 2;

  constructor(private readonly id: string) {
    super();
  }

  borrow(reader: string) {
    this.copies--;
    this.apply(new BookBorrowed(this.id, reader));
  }
}

@Injectable()
class Shelf {
  readonly books = new Map<string, Book>();
  readonly persisted: string[] = [];

  findOneById(id: string): Promise<Book> {
    if (!this.books.has(id)) this.books.set(id, new Book(id));
    return Promise.resolve(this.books.get(id)!);
  }

  persist(book: Book): Promise<void> {
    this.persisted.push(`${book.copies} left`);
    return Promise.resolve();
  }
}

// A command that says what its handler returns, and one that extends nothing.
class BorrowBook extends Command<{ receipt: string }> {
  constructor(
    readonly bookId: string,
    readonly reader: string,
  ) {
    super();
  }
}
class OrderCopy {
  constructor(
    readonly bookId: string,
    readonly shop: string,
  ) {}
}

@CommandHandler(BorrowBook)
class BorrowBookHandler implements ICommandHandler<BorrowBook> {
  constructor(
    private readonly shelf: Shelf,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ bookId, reader }: BorrowBook) {
    const book = this.publisher.mergeObjectContext(await this.shelf.findOneById(bookId));
    book.borrow(reader);
    await this.shelf.persist(book);
    book.commit();
    return { receipt: randomUUID() };
  }
}

class GetBook extends Query<Book> {
  constructor(readonly bookId: string) {
    super();
  }
}

@QueryHandler(GetBook)
class GetBookHandler implements IQueryHandler<GetBook> {
  constructor(private readonly shelf: Shelf) {}

  async execute(query: GetBook) {
    return this.shelf.findOneById(query.bookId);
  }
}

@Injectable()
class Diary {
  readonly entries: unknown[] = [];
}

@EventsHandler(BookBorrowed)
class BookBorrowedHandler implements IEventHandler<BookBorrowed> {
  constructor(private readonly diary: Diary) {}

  handle(event: BookBorrowed) {
    this.diary.entries.push(`${event.reader} has ${event.bookId}`);
  }
}

@Injectable()
class LibrarySagas {
  @Saga()
  borrowed = (events$: Observable<any>): Observable<ICommand> =>
    events$.pipe(
      ofType(BookBorrowed),
      map(event => new OrderCopy(event.bookId, 'shop')),
    );
}

@CommandHandler(OrderCopy)
class OrderCopyHandler implements ICommandHandler<OrderCopy> {
  constructor(private readonly diary: Diary) {}

  async execute(command: OrderCopy) {
    await Promise.resolve();
    this.diary.entries.push(`${command.shop} sends ${command.bookId}`);
  }
}

@Injectable()
class Library {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
    readonly eventBus: EventBus,
    readonly publisher: EventPublisher,
  ) {}

  async borrow(bookId: string, reader: string) {
    return this.commandBus.execute(new BorrowBook(bookId, reader));
  }

  async look(bookId: string) {
    return this.queryBus.execute(new GetBook(bookId));
  }
}

const providers = [
  Shelf,
  Diary,
  Library,
  BorrowBookHandler,
  GetBookHandler,
  BookBorrowedHandler,
  LibrarySagas,
  OrderCopyHandler,
];

describe('The CQRS recipe of the Nest documentation:', () => {
  let app: TestingModule;

  const start = async (more: any[] = []) => {
    @Module({ imports: [CqrsModule.forRoot()], providers: [...providers, ...more] })
    class AppModule {}
    app = await Test.createTestingModule({ imports: [AppModule] })
      .setLogger({ log: () => undefined, error: () => undefined, warn: () => undefined })
      .compile();
    await app.init();
    return app;
  };
  const diary = () => app.get(Diary, { strict: false }).entries;
  const settled = () => new Promise(resolve => setImmediate(resolve));

  afterEach(() => app.close());

  it('commands return what their type says', async () => {
    await start();
    const { receipt } = await app.get(Library).borrow('Emma', 'ada');
    expect(receipt).toMatch(/^[0-9a-f-]{36}$/);
    expect(app.get(Shelf).persisted).toEqual(['1 left']);
  });

  it('queries answer what their type says', async () => {
    await start();
    const book: Book = await app.get(Library).look('Emma');
    expect(book.copies).toBe(2);
  });

  it('events of an aggregate reach handlers, and a saga makes commands of them', async () => {
    await start();
    await app.get(Library).borrow('Emma', 'ada');
    await settled();
    expect(diary()).toEqual(['ada has Emma', 'shop sends Emma']);
  });

  it('an aggregate with autoCommit publishes at once', async () => {
    await start();
    class Magazine extends Book {
      constructor(id: string) {
        super(id);
        this.autoCommit = true;
      }
    }
    const magazine = app.get(EventPublisher).mergeObjectContext(new Magazine('Time'));
    magazine.borrow('bob');
    await settled();
    expect(diary()).toContain('bob has Time');
  });

  it('a class is merged, and its instances publish', async () => {
    await start();
    const BookModel = app.get(Library).publisher.mergeClassContext(Book);
    const book = new BookModel('Persuasion');
    book.borrow('cleo');
    book.commit();
    await settled();
    expect(book).toBeInstanceOf(Book);
    expect(diary()).toContain('cleo has Persuasion');
  });

  it('events are published by hand', async () => {
    await start();
    app.get(Library).eventBus.publish(new BookBorrowed('Emma', 'dora'));
    await settled();
    expect(diary()).toContain('dora has Emma');
  });

  describe('unhandled exceptions', () => {
    class ReaderUnknown extends Error {}

    @EventsHandler(BookBorrowed)
    class Checks {
      handle({ reader }: BookBorrowed) {
        if (reader === 'nobody') throw new ReaderUnknown(reader);
        throw new Error('other');
      }
    }

    @Injectable()
    class Monitor implements OnModuleDestroy {
      private readonly destroy$ = new Subject<void>();
      readonly all: UnhandledExceptionInfo<IEvent | ICommand, Error>[] = [];
      readonly unknown: UnhandledExceptionInfo[] = [];

      constructor(private readonly unhandledExceptionsBus: UnhandledExceptionBus) {
        this.unhandledExceptionsBus.pipe(takeUntil(this.destroy$)).subscribe(info => this.all.push(info));
        this.unhandledExceptionsBus
          .pipe(takeUntil(this.destroy$), UnhandledExceptionBus.ofType(ReaderUnknown))
          .subscribe(info => this.unknown.push(info));
      }

      onModuleDestroy() {
        this.destroy$.next();
        this.destroy$.complete();
      }
    }

    it('come to a monitor with exception and cause, all or those of some classes', async () => {
      await start([Checks, Monitor]);
      const event = new BookBorrowed('Emma', 'nobody');
      app.get(EventBus).publish(event);
      app.get(EventBus).publish(new BookBorrowed('Emma', 'ada'));
      await settled();
      const monitor = app.get(Monitor);
      expect(monitor.all.map(({ exception }) => exception.message)).toEqual(['nobody', 'other']);
      expect(monitor.unknown.map(info => ({ ...info }))).toEqual([
        { exception: new ReaderUnknown('nobody'), cause: event },
      ]);
    });
  });

  it('subscribing to all events lasts until the subscriber is destroyed', async () => {
    @Injectable()
    class Store implements OnModuleDestroy {
      private readonly destroy$ = new Subject<void>();
      readonly stored: object[] = [];
      isComplete = false;

      constructor(eventBus: EventBus) {
        eventBus.pipe(takeUntil(this.destroy$)).subscribe({
          next: event => this.stored.push(event),
          complete: () => (this.isComplete = true),
        });
      }

      onModuleDestroy() {
        this.destroy$.next();
        this.destroy$.complete();
      }
    }
    await start([Store]);
    await app.get(Library).borrow('Emma', 'ada');
    const { stored } = app.get(Store);
    expect(stored).toEqual([new BookBorrowed('Emma', 'ada')]);
    const store = app.get(Store);
    await app.close();
    expect(store.isComplete).toBe(true);
  });

  describe('request scope', () => {
    class ReaderRequest extends AsyncContext {
      constructor(readonly reader: { name: string }) {
        super();
      }
    }
    class Reserve {
      constructor(readonly bookId: string) {}
    }
    class MyReader extends Query<string> {}

    @CommandHandler(Reserve, { scope: Scope.REQUEST })
    class ReserveHandler {
      constructor(
        @Inject(REQUEST) private readonly request: ReaderRequest,
        private readonly shelf: Shelf,
        private readonly publisher: EventPublisher,
      ) {}

      async execute({ bookId }: Reserve) {
        const book = this.publisher.mergeObjectContext(await this.shelf.findOneById(bookId), this.request);
        book.borrow(this.request.reader.name);
        book.commit();
        return this.request;
      }
    }

    @QueryHandler(MyReader, { scope: Scope.REQUEST })
    class MyReaderHandler {
      constructor(@Inject(REQUEST) private readonly request: ReaderRequest) {}

      execute() {
        return Promise.resolve(this.request.reader.name);
      }
    }

    @EventsHandler(BookBorrowed, { scope: Scope.REQUEST })
    class ScopedBorrowedHandler {
      constructor(
        @Inject(REQUEST) private readonly request: ReaderRequest,
        private readonly diary: Diary,
      ) {}

      handle() {
        this.diary.entries.push(this.request);
      }
    }

    class Inform {
      constructor(readonly bookId: string) {}
    }

    @CommandHandler(Inform, { scope: Scope.REQUEST })
    class InformHandler {
      constructor(
        @Inject(REQUEST) private readonly request: ReaderRequest,
        private readonly diary: Diary,
      ) {}

      execute({ bookId }: Inform) {
        this.diary.entries.push(`inform ${this.request.reader.name} of ${bookId}`);
        return Promise.resolve();
      }
    }

    const sagaThat = (hand: (request: AsyncContext, command: object) => void) => {
      @Injectable()
      class InformingSagas {
        @Saga()
        informs = (events$: Observable<any>): Observable<ICommand> =>
          events$.pipe(
            ofType(BookBorrowed),
            map(event => {
              const command = new Inform(event.bookId);
              hand(AsyncContext.of(event)!, command);
              return command;
            }),
          );
      }
      return InformingSagas;
    };

    const scoped = [ReserveHandler, MyReaderHandler, ScopedBorrowedHandler, InformHandler];

    it('the request reaches the handlers of commands, queries and of the events of a model', async () => {
      await start(scoped);
      const request = new ReaderRequest({ name: 'ada' });
      expect(await app.get(CommandBus).execute(new Reserve('Emma'), request)).toBe(request);
      expect(await app.get(QueryBus).execute(new MyReader(), request)).toBe('ada');
      await settled();
      expect(diary()).toContain(request);
    });

    it.each([
      [
        'merged with the event by AsyncContext.merge',
        (request: AsyncContext, command: object) => AsyncContext.merge(request, command),
      ],
      ['given the context by attachTo', (request: AsyncContext, command: object) => request.attachTo(command)],
    ])('the command of a saga runs in the context of its event: %s', async (_, hand) => {
      await start([...scoped, sagaThat(hand)]);
      await app.get(CommandBus).execute(new Reserve('Emma'), new ReaderRequest({ name: 'ada' }));
      await settled();
      await settled();
      expect(diary()).toContain('inform ada of Emma');
    });
  });
});
