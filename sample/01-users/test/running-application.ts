import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** The application in a process of its own, started by the command of the README; the library is built already. */
export class RunningApplication {
  private constructor(
    private readonly child: ChildProcess,
    /** What the console shows. */
    readonly text: string,
  ) {}

  /** @returns once the application says that it can be stopped, which is the last it says at start */
  static start(dataDirectory: string, port = '0'): Promise<RunningApplication> {
    const child = spawn('npm', ['start', '--ignore-scripts'], {
      cwd: root,
      env: { ...process.env, DATA_DIR: dataDirectory, PORT: port, NO_COLOR: '1' },
      shell: process.platform === 'win32',
    });
    return new Promise((resolve, reject) => {
      let text = '';
      const read = (chunk: Buffer): void => {
        text += chunk.toString();
        if (text.includes('Ctrl+C stops')) resolve(new RunningApplication(child, text));
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('exit', code => reject(new Error(`The application ended with code ${code}:\n${text}`)));
    });
  }

  get address(): string {
    return /Listening on (http:\/\/localhost:\d+)/.exec(this.text)![1]!;
  }

  /** The lines that a reader is asked to try. */
  get curlLines(): string[] {
    return [...this.text.matchAll(/^ +(curl .+)$/gm)].map(([, line]) => line!);
  }

  get(path: string): Promise<Response> {
    return fetch(this.address + path);
  }

  post(path: string, body: string | undefined): Promise<Response> {
    return fetch(this.address + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }

  /** @returns the exit code of the command; null where the signal itself ended it */
  stop(signal: NodeJS.Signals): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.child.once('exit', code => resolve(code)));
    this.child.kill(signal);
    return ended;
  }
}
