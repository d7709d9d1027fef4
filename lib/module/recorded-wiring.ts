import type { Wiring } from '../introspection/wiring.js';
import type { ApplicationDurables } from './application-durables.js';
import type { ApplicationTransports } from './application-transports.js';
import { orderedByKind } from './bus-middleware.js';
import { unprovidedHandlers } from './event-admission.js';
import type { PreviewNotes } from './preview-mode.js';
import { entriesOf, entryOfSaga, routedEntry } from './wiring-entries.js';
import type { KindOfProblem } from './wiring-exception.js';
import { problemsAsData, surveyOf, type Surveyable } from './wiring-survey.js';

/** What a wiring is recorded from. */
interface Recordable extends Pick<
  Surveyable,
  'handlers' | 'sagas' | 'middleware' | 'resolve' | 'options' | 'explorer' | 'nearMiss'
> {
  readonly transports: ApplicationTransports;
  readonly durables: ApplicationDurables;
  readonly preview: PreviewNotes | undefined;
  readonly problems: readonly KindOfProblem[];
}

/** Nothing is computed before the wiring is read. */
export function recordWiring(wiring: Wiring, found: Recordable): void {
  const { handlers, sagas, transports, durables, resolve, preview, explorer, problems } = found;
  const middleware = orderedByKind(found.middleware);
  wiring.record(
    () => [
      ...handlers.flatMap(handler =>
        entriesOf(handler, middleware, resolve, type => ({
          exposed: transports.exposing(type),
          queue: durables.waitingFor(handler, type),
        })),
      ),
      ...transports.entriesOf((type, transport) => routedEntry(type, transport, middleware, resolve)),
      ...sagas.map(entryOfSaga),
    ],
    () => unprovidedHandlers(handlers),
    () =>
      surveyOf({
        ...found,
        problems: problemsAsData(problems),
        routes: transports.singleRoutes,
        commandQueues: durables.commandQueues(handlers),
        unseen: () => preview?.list(explorer.madeByFactories()) ?? [],
      }),
  );
}
