import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Pool } from 'pg';
import { Counts, Task, type State } from './tasks.messages.js';

/** The table of tasks in PostgreSQL. */
@Injectable()
export class TaskTable implements OnModuleInit, OnApplicationShutdown {
  private readonly pool = new Pool({ connectionString: process.env['DATABASE_URL'] });

  async onModuleInit(): Promise<void> {
    await this.pool.query(
      "create table if not exists board_tasks (id serial primary key, title text not null, state text not null default 'open')",
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  async all(): Promise<Task[]> {
    const { rows } = await this.pool.query<Task>('select id, title, state from board_tasks order by id');
    return rows.map(({ id, title, state }) => new Task(id, title, state));
  }

  async counts(): Promise<Counts> {
    const { rows } = await this.pool.query<{ state: State; count: number }>(
      'select state, count(*)::int from board_tasks group by state',
    );
    const of = (state: State) => rows.find(row => row.state === state)?.count ?? 0;
    return new Counts(of('open'), of('done'));
  }

  async add(title: string): Promise<void> {
    await this.pool.query('insert into board_tasks (title) values ($1)', [title]);
  }

  async move(id: number, state: State): Promise<void> {
    await this.pool.query('update board_tasks set state = $2 where id = $1', [id, state]);
  }
}
