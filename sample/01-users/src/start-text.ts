import type { INestApplication } from '@nestjs/common';
import { Wiring } from 'nestjs-cqrs';
import { dataDirectory } from './database/database.module.js';
import { UserStore } from './users/user.store.js';

/** What the console shows once the application listens. */
export async function startText(app: INestApplication): Promise<string> {
  const address = `http://localhost:${new URL(await app.getUrl()).port}`;
  const id = await freeId(app.get(UserStore));
  const body = JSON.stringify({ id, email: `${id}@example.com` });
  return `
Listening on ${address}, data in ${dataDirectory()}

Which message goes through which middleware to which handler (of which module):

${indent(app.get(Wiring).toText())}

Try it in another terminal:

  curl -i ${address}/users -H 'content-type: application/json' -d '${body}'
  curl -i ${address}/users/${id}

${address}/audit shows what the audit middleware wrote down. Ctrl+C stops the application.
`;
}

/** An identifier nobody has yet, so that the first line works after every start. */
async function freeId(users: UserStore): Promise<string> {
  for (let n = 1; ; n++) {
    const id = n === 1 ? 'ada' : `ada-${n}`;
    if ((await users.find(id)) === null) return id;
  }
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');
