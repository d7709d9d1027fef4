import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { CQRS_MODULE_OPTIONS } from '../buses/bus-options.js';
import type { Problem } from '../errors/cqrs.exception.js';
import type { CqrsModuleOptions } from './cqrs.options.js';
import {
  completeModuleOptions,
  moduleOptionProblems,
  sayNothing,
  type CompleteModuleOptions,
} from './module-options.js';
import type { Module } from '../scopes/provider-wrapper.js';
import { ProviderExplorer } from './provider-explorer.js';

export const CQRS_GIVEN_OPTIONS = 'CQRS_GIVEN_OPTIONS';

/** Token that tells root calls apart. */
export const CQRS_ROOT_CALL = 'CQRS_ROOT_CALL';

/** A test may override it. */
export const optionsFromGiven = (given?: CqrsModuleOptions): CqrsModuleOptions => given ?? {};

export interface RootCall {
  readonly method: 'forRoot' | 'forRootAsync';
}

interface GivenOptions {
  readonly options: unknown;
  readonly method: RootCall['method'];
  readonly importers: readonly string[];
}

@Injectable()
export class ApplicationOptions {
  /** Defaults replace unfit values. */
  readonly complete: CompleteModuleOptions;

  constructor(
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(CQRS_MODULE_OPTIONS) private readonly injected: CqrsModuleOptions,
  ) {
    this.complete = completeModuleOptions(injected);
  }

  /** Includes conflicts with a second `forRoot()`. */
  problems(): Problem[] {
    const given = this.given();
    const places = new Map(given.map(({ options, method }) => [options, `CqrsModule.${method}()`]));
    if (!places.has(this.injected)) places.set(this.injected, 'the options of CqrsModule');
    const problems = [...places].flatMap(([options, place]) => moduleOptionProblems(options, place));
    return [...problems, ...this.conflicts(given)];
  }

  private given(): GivenOptions[] {
    const found = this.explorer.provided(CQRS_ROOT_CALL, CQRS_GIVEN_OPTIONS);
    const calls = found.filter(({ token }) => token === CQRS_ROOT_CALL);
    // A factory may return nothing.
    const provided = found.filter(
      ({ token, instance }) => token === CQRS_GIVEN_OPTIONS && (instance ?? undefined) !== undefined,
    );
    return provided.map(({ instance, host }) => {
      const call = calls.find(wrapper => wrapper.host === host)?.instance as RootCall | undefined;
      const modules = calls.filter(wrapper => wrapper.instance === call).flatMap(wrapper => wrapper.host ?? []);
      return { options: instance as unknown, method: call?.method ?? 'forRoot', importers: this.importersOf(modules) };
    });
  }

  /** Every module imports global modules. */
  private importersOf(modules: readonly Module[]): string[] {
    const names = modules.filter(({ isGlobal }) => !isGlobal).flatMap(module => this.explorer.importersOf(module));
    return [...new Set(names.map(({ name }) => name))];
  }

  private conflicts(given: readonly GivenOptions[]): Problem[] {
    const [first, ...others] = given.filter(({ options }) => !sayNothing(options));
    if (first === undefined) return [];
    if (sayNothing(this.injected) && !this.isOverridden())
      return [conflict(first, { ...first, options: this.injected, importers: [] })];
    return others
      .filter(({ options }) => differing(first.options, options).length > 0)
      .map(other => conflict(first, other));
  }

  /** A test's options count, even empty ones. */
  private isOverridden(): boolean {
    return this.explorer.provided(CQRS_MODULE_OPTIONS).some(({ metatype }) => metatype !== optionsFromGiven);
  }
}

const conflict = (one: GivenOptions, other: GivenOptions): Problem => ({
  code: 'CQRS_OPTIONS_CONFLICT',
  what: `CqrsModule.forRoot() is called twice with different options: ${differing(one.options, other.options).join(', ')}.`,
  where: [one, other].map(({ importers }) => importers.join(', ') || 'a module').join('; '),
  remedy: 'Call it once, in the root module, and import plain CqrsModule elsewhere.',
});

function differing(one: unknown, other: unknown, path = ''): string[] {
  const [a, b] = [one, other].map(options => (options ?? {}) as Record<string, unknown>) as [Fields, Fields];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap(key => {
    if (isDeepStrictEqual(a[key], b[key])) return [];
    return isGroup(a[key] ?? {}) && isGroup(b[key] ?? {})
      ? differing(a[key], b[key], `${path}${key}.`)
      : [`${path}${key}`];
  });
}

type Fields = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
