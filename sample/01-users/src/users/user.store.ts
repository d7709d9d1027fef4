import { PGlite } from '@electric-sql/pglite';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { USER_ID, UserExistsError, type User } from './user.js';

/** The users, in a table. */
@Injectable()
export class UserStore implements OnModuleInit {
  constructor(private readonly database: PGlite) {}

  async onModuleInit(): Promise<void> {
    await this.database.exec(`
      CREATE TABLE IF NOT EXISTS users (id text PRIMARY KEY, email text NOT NULL);
      CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (lower(email));
    `);
  }

  /** Adds a user; rejects with UserExistsError where the id or the e-mail address is taken. */
  async add(user: User): Promise<void> {
    const { affectedRows } = await this.database.query(
      'INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [user.id, user.email],
    );
    if (affectedRows === 0) throw new UserExistsError(user);
  }

  /** The user; null for an identifier that belongs to nobody or cannot be one. */
  async find(id: string): Promise<User | null> {
    if (!USER_ID.test(id)) return null;
    const { rows } = await this.database.query<User>('SELECT id, email FROM users WHERE id = $1', [id]);
    return rows[0] ?? null;
  }
}
