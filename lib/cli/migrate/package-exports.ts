import type ts from 'typescript';
import type { Compiler } from './compiler.js';
import { namesEither } from './package-name.js';

const IN_PACKAGE = /\/node_modules\/(@nestjs\/cqrs|nestjs-cqrs)\//;

/** `app.get(EventBus)` and `await moduleRef.resolve(EventBus)` return instances of their argument. */
const LOOKUPS = new Set(['get', 'resolve', 'create']);

/** Which export of either package a node is; works from imports if the package is not installed. */
export class PackageExports {
  constructor(
    private readonly compiler: Compiler,
    private readonly checker: ts.TypeChecker,
  ) {}

  /** `CommandBus` for `CommandBus`, an import `as Bus`, and `cqrs.CommandBus`. */
  nameOf(node: ts.Node): string | undefined {
    const { compiler } = this;
    if (compiler.isPropertyAccessExpression(node) && this.isNamespace(node.expression)) return node.name.text;
    if (compiler.isQualifiedName(node) && this.isNamespace(node.left)) return node.right.text;
    const symbol = this.checker.getSymbolAtLocation(node);
    return symbol && this.exportOf(symbol);
  }

  /** By type, else by declaration. */
  instanceOf(expression: ts.Expression): string | undefined {
    const type = this.checker.getTypeAtLocation(expression);
    return this.ofType(this.checker.getBaseConstraintOfType(type) ?? type) ?? this.byDeclaration(expression);
  }

  /** Subclasses too. */
  classOf(symbol: ts.Symbol | undefined, seen = new Set<ts.Symbol>()): string | undefined {
    if (!symbol || seen.has(symbol)) return undefined;
    seen.add(symbol);
    const { compiler } = this;
    for (const declaration of symbol.declarations ?? []) {
      if (!compiler.isClassLike(declaration) && !compiler.isInterfaceDeclaration(declaration)) continue;
      if (isOfPackage(declaration)) return symbol.name;
      const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) => [...types]);
      for (const { expression } of bases) {
        const base = this.baseOf(expression, seen);
        if (base !== undefined) return base;
      }
    }
    return undefined;
  }

  resolved(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.checker.getSymbolAtLocation(node);
    return symbol && this.behind(symbol);
  }

  private ofType(type: ts.Type): string | undefined {
    if (!type.isUnionOrIntersection()) return this.classOf(type.getSymbol());
    return type.types.map(part => this.ofType(part)).find(name => name !== undefined);
  }

  private baseOf(expression: ts.Expression, seen: Set<ts.Symbol>): string | undefined {
    // A mixin: WithAggregateRoot(Base).
    if (this.compiler.isCallExpression(expression)) return this.nameOf(expression.expression)?.replace(/^With/, '');
    return this.nameOf(expression) ?? this.classOf(this.resolved(expression), seen);
  }

  private byDeclaration(expression: ts.Expression): string | undefined {
    const { compiler } = this;
    if (compiler.isParenthesizedExpression(expression)) return this.byDeclaration(expression.expression);
    if (compiler.isBinaryExpression(expression)) {
      return this.byDeclaration(expression.left) ?? this.byDeclaration(expression.right);
    }
    const looked = this.lookedUp(expression);
    if (looked !== undefined) return looked;
    const declaration = this.checker.getSymbolAtLocation(expression)?.valueDeclaration as
      { type?: ts.TypeNode; initializer?: ts.Expression } | undefined;
    const { type, initializer } = declaration ?? {};
    return type ? this.declaredBy(type) : initializer && this.lookedUp(initializer);
  }

  private declaredBy(type: ts.TypeNode): string | undefined {
    if (this.compiler.isUnionTypeNode(type)) {
      return type.types.map(part => this.declaredBy(part)).find(name => name !== undefined);
    }
    if (!this.compiler.isTypeReferenceNode(type)) return undefined;
    return this.nameOf(type.typeName) ?? this.classOf(this.resolved(type.typeName));
  }

  /** For types that are not installed. */
  private lookedUp(expression: ts.Expression): string | undefined {
    const { compiler } = this;
    if (compiler.isParenthesizedExpression(expression) || compiler.isAwaitExpression(expression)) {
      return this.lookedUp(expression.expression);
    }
    if (!compiler.isCallExpression(expression) || !compiler.isPropertyAccessExpression(expression.expression)) {
      return undefined;
    }
    const [argument] = expression.arguments;
    if (!argument) return undefined;
    const method = expression.expression.name.text;
    if (method === 'mergeObjectContext') return this.instanceOf(argument);
    return LOOKUPS.has(method) ? this.nameOf(argument) : undefined;
  }

  private isNamespace(node: ts.Node): boolean {
    const declaration = this.checker.getSymbolAtLocation(node)?.declarations?.[0];
    if (!declaration) return false;
    const { compiler } = this;
    if (compiler.isNamespaceImport(declaration)) return isModule(declaration.parent.parent.moduleSpecifier, compiler);
    if (!compiler.isImportEqualsDeclaration(declaration)) return false;
    const { moduleReference } = declaration;
    return compiler.isExternalModuleReference(moduleReference) && isModule(moduleReference.expression, compiler);
  }

  private exportOf(symbol: ts.Symbol): string | undefined {
    const { compiler } = this;
    const [declaration] = symbol.declarations ?? [];
    if (declaration && compiler.isImportSpecifier(declaration)) {
      const { moduleSpecifier } = declaration.parent.parent.parent;
      if (isModule(moduleSpecifier, compiler)) return (declaration.propertyName ?? declaration.name).text;
    }
    const behind = this.behind(symbol);
    return behind.declarations?.some(isOfPackage) ? behind.name : undefined;
  }

  private behind(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & this.compiler.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
}

const isOfPackage = (declaration: ts.Declaration): boolean => IN_PACKAGE.test(declaration.getSourceFile().fileName);

const isModule = (specifier: ts.Node, compiler: Compiler): boolean =>
  compiler.isStringLiteralLike(specifier) && namesEither(specifier.text);
