import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** A site that was built into a folder, to be served below a path such as `/guide/`. */
export class BuiltSite {
  readonly pages: ReadonlyMap<string, string>;

  constructor(
    readonly folder: string,
    readonly base: string,
  ) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.html'));
    this.pages = new Map(
      files.map(file => [`${base}${file.replaceAll('\\', '/')}`, readFileSync(join(folder, file), 'utf8')]),
    );
  }

  /** Links within the site to a page or an anchor that is not there, as `page → link`. */
  deadLinks(): string[] {
    const anchors = new Map([...this.pages].map(([path, html]) => [path, new Set(valuesOf('id', html))]));
    return [...this.pages].flatMap(([path, html]) =>
      [...new Set(valuesOf('href', html))]
        .map(href => ({ href, url: new URL(href, `http://site${path}`) }))
        .filter(({ url }) => url.hostname === 'site' && !this.leadsSomewhere(url, anchors))
        .map(({ href }) => `${path} → ${href}`),
    );
  }

  private leadsSomewhere({ pathname, hash }: URL, anchors: ReadonlyMap<string, ReadonlySet<string>>): boolean {
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    if (hash !== '') return anchors.get(path)?.has(decodeURIComponent(hash.slice(1))) ?? false;
    return path.startsWith(this.base) && existsSync(this.fileOf(path));
  }

  /** Serves the site on a free port, as any server of files does. */
  async serve(): Promise<{ origin: string; close: () => Promise<void> }> {
    const server = createServer(({ url }, response) => {
      const { pathname } = new URL(url!, 'http://site');
      const file = this.fileOf(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
      if (!pathname.startsWith(this.base) || !existsSync(file)) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      response.end(readFileSync(file));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { origin, close: () => closed(server) };
  }

  private fileOf(path: string): string {
    return join(this.folder, decodeURIComponent(path.slice(this.base.length)));
  }
}

/** The values of an attribute in a page. */
const valuesOf = (attribute: 'href' | 'id', html: string): string[] =>
  [...html.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, value]) => value!.replaceAll('&amp;', '&'));

const closed = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
