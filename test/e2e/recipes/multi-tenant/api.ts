import {
  BadRequestException,
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Post,
} from '@nestjs/common';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import request from 'supertest';
import { AddNote, GetNotes } from './tenant.js';

/** Takes the place of the authentication of an application, which knows the tenant of each user. */
@Injectable()
export class Authentication implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const incoming = execution.switchToHttp().getRequest<{ headers: Record<string, string>; tenant?: string }>();
    const user = incoming.headers['authorization'];
    if (user === undefined) throw new BadRequestException('Who is it?');
    incoming.tenant = user.split('@')[1]!;
    return true;
  }
}

@Controller('notes')
export class NotesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  async add(@Body('text') text: string) {
    await this.commands.dispatch(new AddNote(text));
  }

  @Get()
  all() {
    return this.queries.ask(new GetNotes());
  }
}

/** Notes of two tenants, sent all at once; what each tenant then finds. */
export async function notesOfTwo(app: INestApplication): Promise<Record<string, string[]>> {
  await app.listen(0, '127.0.0.1');
  const http = request(await app.getUrl());
  const texts = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? `acme ${i}` : `other ${i}`));
  const send = (text: string) =>
    http
      .post('/notes')
      .set('authorization', `ada@${text.split(' ')[0]}`)
      .send({ text });
  await Promise.all(texts.map(text => send(text).expect(201)));
  const find = async (name: string) =>
    ((await http.get('/notes').set('authorization', `bob@${name}`).expect(200)).body as string[]).toSorted();
  return { acme: await find('acme'), other: await find('other'), third: await find('third') };
}
