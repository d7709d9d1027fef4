import { typeOf } from '../envelope/payload-tags.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { isRoot, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { durableClass } from '../transport/durable/durable.decorator.js';
import { scheduleCall, scheduleProblems, type Schedule } from '../transport/durable/schedule.js';
import { noSchedules } from '../transport/durable/schedules.js';
import { withoutQueue } from './durable-queues.js';
import type { CompleteDurableOptions } from './module-options.js';

const WHERE = 'durable of CqrsModule.forRoot()';

/**
 * Problems of declared schedules.
 * @param isHandled here, or elsewhere as the options say
 */
export function declaredScheduleProblems(
  { schedules, transport }: CompleteDurableOptions,
  isHandled: (type: MessageType) => boolean,
): WiringProblem[] {
  const names = schedules.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  return [
    ...schedules.flatMap(schedule => [
      ...scheduleProblems(schedule, WHERE),
      ...scheduledCommandProblems(schedule, isHandled),
    ]),
    ...twice.map(scheduledTwice),
    ...(schedules.length > 0 && transport !== undefined && !transport.features.schedules
      ? [noSchedules(transport.engine)]
      : []),
  ];
}

function scheduledCommandProblems(
  { name, command }: Schedule,
  isHandled: (type: MessageType) => boolean,
): WiringProblem[] {
  const type = typeOf(command);
  if (type === undefined) return [];
  if (durableClass(type) === undefined) return [notDurable(name, type)];
  return isHandled(type) ? [] : [notHandled(name, type)];
}

const notDurable = (name: string, type: MessageType): WiringProblem => ({
  code: 'CQRS_NOT_DURABLE_CLASS',
  what: isRoot(type)
    ? `The schedule "${name}" cannot store a plain object: its class was lost.`
    : `The schedule "${name}" cannot store "${nameOf(type)}": its class does not say how it is delivered.`,
  where: scheduleCall(name),
  remedy: isRoot(type)
    ? 'Give it an instance of a command class.'
    : `Decorate it: @Durable() @Message({ name: '…' }) class ${nameOf(type)}.`,
});

const notHandled = (name: string, type: MessageType): WiringProblem => ({
  code: 'CQRS_HANDLER_NOT_FOUND',
  what: `No handler found for the command "${nameOf(type)}" of the schedule "${name}".`,
  where: scheduleCall(name),
  remedy: withoutQueue(type, false),
});

const scheduledTwice = (name: string): WiringProblem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `Two schedules have the name "${name}".`,
  where: WHERE,
  remedy: 'Give each a name of its own.',
});
