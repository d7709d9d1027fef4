/** A server-sent event, as a browser gets it. */
export interface SentEvent {
  /** `message` if the server gives no name. */
  readonly type: string;
  readonly data: unknown;
}

/** The events of an answer, as they come. */
export async function* eventsIn({ body }: Response): AsyncGenerator<SentEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const [, type = 'message'] = /^event: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (data !== undefined) yield { type, data: JSON.parse(data) as unknown };
    }
  }
}
