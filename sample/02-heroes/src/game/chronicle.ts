import { Injectable } from '@nestjs/common';

/** What happened, in words, for those who come later. In memory: a new game has an empty one. */
@Injectable()
export class Chronicle {
  private readonly written: string[] = [];

  get lines(): readonly string[] {
    return this.written;
  }

  write(line: string): void {
    this.written.push(line);
  }
}
