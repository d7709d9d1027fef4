import { UseGuards, UsePipes, type CanActivate, type PipeTransform } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule } from '../../../lib/index.js';
import { scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Open extends Command<string> {
  constructor(readonly door = 'front') {
    super();
  }
}

const asked: string[] = [];
beforeEach(() => void (asked.length = 0));

const guard = (name: string): CanActivate => ({ canActivate: () => (asked.push(name), true) });
const pipe = (name: string): PipeTransform<Open> => ({
  transform: command => (asked.push(`${name} ${command.door}`), command),
});

/** Gives a function enhancers, as the decorators give them to a method. */
function decorated<T extends (...given: never[]) => unknown>(run: T, ...decorators: MethodDecorator[]): T {
  for (const decorate of decorators) decorate({}, 'execute', { value: run });
  return run;
}

describe('A handler whose method the constructor replaces', () => {
  it('runs within the enhancers of both, those of the class first', async () => {
    @UseGuards(guard('class'))
    @CommandHandler(Open)
    class OpenHandler {
      constructor() {
        const before = this.execute;
        this.execute = decorated(
          command => `${before.call(this, command)} at once`,
          UseGuards(guard('own')),
          UsePipes(pipe('own pipe')),
        );
      }

      @UseGuards(guard('method'))
      execute({ door }: Open): string {
        return `the ${door} door opens`;
      }
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [OpenHandler] });
    await scenario(app).when(new Open()).answers('the front door opens at once');
    expect(asked).toEqual(['class', 'method', 'own', 'own pipe front']);
  });

  it('asks an enhancer once that both name', async () => {
    const shared = guard('shared');
    @CommandHandler(Open)
    class OpenHandler {
      constructor() {
        this.execute = decorated(() => 'open', UseGuards(shared, guard('own')));
      }

      @UseGuards(shared)
      execute(_open: Open): string {
        return 'closed';
      }
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [OpenHandler] });
    await scenario(app).when(new Open()).answers('open');
    expect(asked).toEqual(['shared', 'own']);
  });
});
