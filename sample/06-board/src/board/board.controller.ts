import { readFileSync } from 'node:fs';
import { Body, Controller, Get, Header, Param, ParseIntPipe, Post, Put, Sse, type MessageEvent } from '@nestjs/common';
import { CommandBus, QueryBus, type Query } from 'nestjs-cqrs';
import { map, merge, type Observable } from 'rxjs';
import { AddTask, CountTasks, ListTasks, MoveTask, type State } from './tasks.messages.js';

const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8');

@Controller()
export class BoardController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return page;
  }

  // #region live
  /** What the page shows, now and after each change, by whatever process. */
  @Sse('live')
  live(): Observable<MessageEvent> {
    return merge(this.shown('tasks', new ListTasks()), this.shown('counts', new CountTasks()));
  }

  private shown<T>(type: string, query: Query<T>): Observable<MessageEvent> {
    const answers = this.queries.live(query, { errors: 'values' });
    return answers.pipe(
      map(answer =>
        answer.status === 'fulfilled'
          ? { type, data: answer.value as object }
          : { type: 'problem', data: { text: 'The board cannot be read just now.' } },
      ),
    );
  }
  // #endregion

  @Post('tasks')
  async add(@Body('title') title: string): Promise<void> {
    await this.commands.dispatch(new AddTask(title), { fromOutside: true });
  }

  @Put('tasks/:id')
  async move(@Param('id', ParseIntPipe) id: number, @Body('state') state: State): Promise<void> {
    await this.commands.dispatch(new MoveTask(id, state), { fromOutside: true });
  }
}
