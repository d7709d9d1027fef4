import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { forwardRef, Inject, Injectable, Scope, type Type } from '@nestjs/common';
import { PARAMTYPES_METADATA, PROPERTY_DEPS_METADATA, SELF_DECLARED_DEPS_METADATA } from '@nestjs/common/internal.js';
import { ContextIdFactory, DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import ts from 'typescript';
import { Command, CommandHandler, CqrsModule } from '../../../lib/index.js';
import {
  HOST_MEMBERS,
  METADATA_KEYS,
  missingInternals,
  WRAPPER_MEMBERS,
} from '../../../lib/scopes/plans/nest-internals.js';
import type { ProviderWrapper } from '../../../lib/scopes/provider-wrapper.js';
import { PlanPermission } from '../../../lib/scopes/plans/plan-permission.js';
import { start } from '../../support/application.js';

/** Every internal of Nest that `lib/scopes` uses, in the order of docs/instance-plans.md. */
const INTERNALS = [
  'InstanceWrapper.id',
  'InstanceWrapper.token',
  'InstanceWrapper.metatype',
  'InstanceWrapper.instance',
  'InstanceWrapper.isTransient',
  'InstanceWrapper.inject',
  'InstanceWrapper.isAlias',
  'InstanceWrapper.forwardRef',
  'InstanceWrapper.async',
  'InstanceWrapper.isDependencyTreeStatic',
  'InstanceWrapper.getCtorMetadata',
  'InstanceWrapper.getPropertiesMetadata',
  'InstanceWrapper.getEnhancersMetadata',
  'InstanceWrapper.getInstanceByContextId',
  'InstanceWrapper.setInstanceByContextId',
  'InstanceWrapper.removeInstanceByContextId',
  'InstancePerContext.instance',
  'InstancePerContext.isResolved',
  'InstancePerContext.isPending',
  'InstancePerContext.donePromise',
  'PropertyMetadata.key',
  'PropertyMetadata.wrapper',
];

const KEYS = ['design:paramtypes', 'self:paramtypes', 'self:properties_metadata'];

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/instance-plans.md'), 'utf8');
/** Symbol and second column of the tables of a section. */
const rowsOf = (title: string) =>
  [
    ...page
      .split(`\n## ${title}\n`)[1]!
      .split('\n## ')[0]!
      .matchAll(/^\| `([^`]+)` +\| ([^|]+) \|/gm),
  ].map(([, symbol, files]) => ({ symbol: symbol!, files: files!.split(',').map(file => file.trim()) }));
const rows = rowsOf('Internals of Nest');

/** What files use of what Nest declares and does not export, and where. */
function internalsUsedIn(folder: string): Map<string, Set<string>> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    fileNames.filter(file => relative(root, file).startsWith(folder)),
    { ...options, noEmit: true },
  );
  const checker = program.getTypeChecker();
  const used = new Map<string, Set<string>>();

  const note = (member: ts.Symbol | undefined, file: string) => {
    for (const declaration of member?.declarations ?? []) {
      const { parent } = declaration;
      if (!/@nestjs\/core\/.*\.d\.[mc]?ts$/.test(declaration.getSourceFile().fileName)) continue;
      if (!ts.isClassDeclaration(parent) && !ts.isInterfaceDeclaration(parent)) continue;
      // `NestFactory` is an instance of `NestFactoryStatic`.
      if (publicNames.has(parent.name!.text.replace(/Static$/, ''))) continue;
      const name = `${parent.name!.text}.${member!.name}`;
      used.set(name, (used.get(name) ?? new Set()).add(relative(join(root, folder), file)));
    }
  };
  const importOfNest = program
    .getSourceFiles()
    .filter(({ fileName }) => relative(root, fileName).startsWith(folder))
    .flatMap(file => file.statements.filter(ts.isImportDeclaration))
    .find(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text === '@nestjs/core')!;
  const exportsOfNest = checker.getExportsOfModule(checker.getSymbolAtLocation(importOfNest.moduleSpecifier)!);
  const publicNames = new Set(exportsOfNest.map(({ name }) => name));

  for (const file of program.getSourceFiles()) {
    if (!relative(root, file.fileName).startsWith(folder)) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node)) note(checker.getSymbolAtLocation(node.name), file.fileName);
      if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression))
        note(checker.getTypeAtLocation(node.expression).getProperty(node.argumentExpression.text), file.fileName);
      if (ts.isBindingElement(node)) {
        const key = (node.propertyName ?? node.name).getText();
        note(checker.getTypeAtLocation(node.parent).getProperty(key), file.fileName);
      }
      if (ts.isObjectLiteralExpression(node))
        for (const { name } of node.properties)
          if (name) note(checker.getContextualType(node)?.getProperty(name.getText()), file.fileName);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return used;
}

/** What Nest keeps of some providers of an application that has started. */
async function wrappersOf(...tokens: unknown[]): Promise<ProviderWrapper[]> {
  @Injectable({ scope: Scope.REQUEST })
  class Session {}
  @CommandHandler(class extends Command<void> {}, { scope: Scope.REQUEST })
  class Handler {
    @Inject(Session) readonly injected: unknown;
    constructor(readonly session: Session) {}
    async execute() {}
  }
  @Injectable({ scope: Scope.REQUEST })
  class Circular {
    constructor(@Inject(forwardRef(() => Circle)) readonly other: unknown) {}
  }
  @Injectable({ scope: Scope.REQUEST })
  class Circle {
    constructor(@Inject(forwardRef(() => Circular)) readonly other: unknown) {}
  }
  @Injectable({ scope: Scope.TRANSIENT })
  class Transient {}
  const { app } = await start({
    imports: [CqrsModule.forRoot(), DiscoveryModule],
    providers: [
      Session,
      Handler,
      Circular,
      Circle,
      Transient,
      { provide: 'factory', scope: Scope.REQUEST, inject: [Session], useFactory: () => 1 },
      { provide: 'alias', useExisting: Session },
      { provide: 'promise', useValue: Promise.resolve(1) },
    ],
  });
  const all = app.get(DiscoveryService).getProviders();
  return tokens.map(token => all.find(wrapper => wrapper.token === token || wrapper.name === token)!);
}

/** A wrapper of Nest as another version could have it, which has one member under another name. */
const without = (wrapper: ProviderWrapper, hidden: string): ProviderWrapper =>
  new Proxy(wrapper, {
    get: (target, key) => {
      if (key === hidden) return undefined;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' && key !== 'metatype' ? (value.bind(target) as unknown) : value;
    },
  });

const [ofPlans, others] = (() => {
  const all = [...internalsUsedIn('lib')];
  const within = (isOfPlans: boolean) =>
    new Map(
      all.flatMap(([symbol, files]) => {
        const some = [...files].filter(file => file.startsWith('scopes/') === isOfPlans);
        return some.length === 0 ? [] : [[symbol, new Set(some.map(file => file.replace(/^scopes\//, '')))]];
      }),
    );
  return [within(true), within(false)];
})();

describe('The internals of Nest that the rest of the library uses', () => {
  const table = rowsOf('Other internals of Nest');

  it('are those of the page', () => {
    const read = table.filter(({ files }) => !files[0]!.startsWith('`'));
    expect(read.map(({ symbol }) => symbol).toSorted()).toEqual([...others.keys()].toSorted());
  });

  it('are imported by the paths of the page, where it says', () => {
    const imports = new Map<string, string[]>();
    for (const file of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts'))
        for (const [, path] of readFileSync(join(root, 'lib', file), 'utf8').matchAll(/from '(@nestjs\/core\/[^']+)'/g))
          imports.set(path!, [...(imports.get(path!) ?? []), `\`${file}\``]);
    const listed = table.filter(({ symbol }) => symbol.startsWith('@nestjs/'));
    expect(Object.fromEntries(listed.map(({ symbol, files }) => [symbol, files.toSorted()]))).toEqual(
      Object.fromEntries([...imports].map(([path, files]) => [path, files.toSorted()])),
    );
  });
});

describe('The internals of Nest that lib/scopes uses', () => {
  const used = ofPlans;

  it('are those of the list, and no others', () => {
    expect([...used.keys()].toSorted()).toEqual(INTERNALS.toSorted());
  });

  it('are those of the page, which says in which files', () => {
    expect(rows.map(({ symbol }) => symbol)).toEqual([...INTERNALS, ...KEYS]);
    for (const { symbol, files } of rows.slice(0, INTERNALS.length)) {
      const where = [...used.get(symbol)!].filter(file => file !== 'plans/nest-internals.ts');
      expect([symbol, files.toSorted()]).toEqual([symbol, where.map(file => `\`${file}\``).toSorted()]);
    }
  });

  it('are checked before a plan is made', () => {
    const checked = [
      ...Object.keys(WRAPPER_MEMBERS).map(member => `InstanceWrapper.${member}`),
      ...Object.keys(HOST_MEMBERS).map(member => `InstancePerContext.${member}`),
    ];
    expect(checked).toEqual(INTERNALS.filter(name => !name.startsWith('PropertyMetadata.')));
    expect(Object.values(METADATA_KEYS)).toEqual(KEYS);
  });

  it('are in the installed version of Nest', async () => {
    const [handler, session] = (await wrappersOf('Handler', 'Session')) as [ProviderWrapper, ProviderWrapper];
    expect(missingInternals(handler)).toEqual([]);
    expect([handler.getCtorMetadata(), handler.getPropertiesMetadata()]).toEqual([
      [session],
      [{ key: 'injected', wrapper: session }],
    ]);
    expect([PARAMTYPES_METADATA, SELF_DECLARED_DEPS_METADATA, PROPERTY_DEPS_METADATA]).toEqual(KEYS);
  });

  it('say of a provider that it is more than a plain class', async () => {
    const [factory, alias, circle, promise, transient] = (await wrappersOf(
      'factory',
      'alias',
      'Circle',
      'promise',
      'Transient',
    )) as [ProviderWrapper, ProviderWrapper, ProviderWrapper, ProviderWrapper, ProviderWrapper];
    expect(factory.inject).toHaveLength(1);
    expect(alias.isAlias).toBe(true);
    expect(circle.forwardRef).toBe(true);
    expect(promise.async).toBe(true);
    expect(transient.isTransient).toBe(true);
  });

  it('keep an instance where Nest finds it', async () => {
    const [handler] = (await wrappersOf('Handler')) as [ProviderWrapper];
    const [id, instance] = [ContextIdFactory.create(), {}];
    handler.setInstanceByContextId(id, { instance, isResolved: true });
    expect(handler.getInstanceByContextId(id).instance).toBe(instance);
    handler.removeInstanceByContextId(id);
    expect(handler.getInstanceByContextId(id)).toMatchObject({ isResolved: false, isPending: false });
  });
});

describe('With unknown internals of Nest', () => {
  const checked = Object.keys(WRAPPER_MEMBERS).filter(
    member => !['instance', 'inject', 'isAlias', 'forwardRef', 'async'].includes(member),
  );

  it.each(checked)('a plan is not made without %s', async member => {
    const [handler] = (await wrappersOf('Handler')) as [ProviderWrapper];
    expect(missingInternals(without(handler, member))).toEqual([`InstanceWrapper.${member}`]);
  });

  it('the application warns once, and no error is thrown', async () => {
    const [handler] = (await wrappersOf('Handler')) as [ProviderWrapper];
    const warnings: string[] = [];
    const permission = new PlanPermission(true, text => warnings.push(text));
    const failing = new Proxy(handler, {
      get: () => {
        throw new Error('not to be looked at');
      },
    });
    expect(permission.planOf(failing, undefined as never)).toBeUndefined();
    expect(permission.planOf(without(handler, 'getCtorMetadata'), undefined as never)).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('not to be looked at')]);
  });

  it('Nest makes all instances', async () => {
    class Which extends Command<object> {}
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      async execute() {
        return this;
      }
    }
    const prototype = InstanceWrapper.prototype as unknown as Record<string, unknown>;
    const { removeInstanceByContextId } = prototype;
    prototype['removeInstanceByContextId'] = undefined;
    try {
      const { commands, log } = await start({ imports: [CqrsModule.forRoot()], providers: [Handler] });
      for (let i = 0; i < 3; i++) expect(await commands.execute(new Which())).toBeInstanceOf(Handler as Type);
      expect(log.warnings).toEqual([expect.stringContaining('InstanceWrapper.removeInstanceByContextId')]);
    } finally {
      prototype['removeInstanceByContextId'] = removeInstanceByContextId;
    }
  });
});
