import type * as z from 'zod';
import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import type { ReadDocument } from '../document/document';
import { readDocument } from '../document/document';
import type { KnownWrong, ShapeText } from '../document/shape';
import { checkShape, kindOf } from '../document/shape';
import type { Environment, PartlyWritten } from './environment';
import { isMapping, layered } from '../document/layers';
import { isObjectName, OBJECT_NAME_REASON } from '../document/object-names';
import { limitCounts } from './counts';
import type { EnvironmentFiles } from './list';
import { environmentFile, environmentNames, isEnvironmentName, missingEnvironment } from './list';
import { normalise } from './normalise';
import { environmentRules } from './rules/rules';
import { isHidden } from '../document/values';
import { fillVariables } from './variables';
import { WrittenEnvironment } from './written';
import type { EnvironmentOptions } from './rules/rule';

/** The result of reading an environment: everything that is valid, every problem, and notes. */
export interface ReadEnvironment {
  environment?: Environment;
  /** Only for extension: it may be incomplete, and cannot be deployed. */
  abstract: boolean;
  problems: Problem[];
  /** Not errors: what the platform would warn about, and where it would use defaults. */
  notes: Problem[];
}

/**
 * Reads environments/<name>.yaml and the environment that it extends. Never throws for their content: returns every problem with its place
 * in its own file. No message shows a value that may be a secret.
 */
export function readEnvironment(name: string, files: EnvironmentFiles, options: EnvironmentOptions = {}): ReadEnvironment {
  const nothing = (problems: Problem[]): ReadEnvironment => ({ problems: inOrder(problems), notes: [], abstract: false });
  const file = environmentFile(name);
  const content = isEnvironmentName(name) ? files.read(file) : undefined;
  if (content === undefined)
    return nothing([
      (isEnvironmentName(name) ? files.problem?.(file) : undefined) ?? missingEnvironment(name, environmentNames(files).names),
    ]);
  const own = readMapping(content, file);
  if (own.problems.length > 0) return nothing(own.problems);
  const problems: Problem[] = [];
  const doc = extended(name, own, files, problems);
  const abstract = (doc.value as Record<string, unknown>).abstract === true;
  const { value, problems: unfilled } = fillVariables(doc.value, abstract);
  // A password can contain `${`, so the message does not quote it.
  const inSecret = {
    code: 'unknown-variable' as const,
    message: 'A "${" in here names nothing that vars defines.',
    hint: '$${ for a plain ${',
  };
  problems.push(...unfilled.map(({ problem, path }) => ({ ...(isHidden(path) ? inSecret : problem), at: doc.place(path) })));
  const filled = value as Record<string, unknown>;
  const shape = checkShape(WrittenEnvironment, doc, filled, [], TEXT);
  problems.push(...(abstract ? shape.filter(({ code }) => code !== 'missing-key') : shape), ...reservedNames(filled, doc));
  const written = wellShaped(filled);
  problems.push(...limitCounts(written, doc));
  const environment = normalise(name, written, options.generation);
  const rules = environmentRules({ doc, name, written, filled, environment, options });
  const all = problems.concat(rules.problems, doc.ambiguous.map(hideAmbiguous));
  return {
    environment: abstract ? undefined : environment,
    abstract,
    problems: inOrder(withoutEchoes(all)),
    notes: rules.notes,
  };
}

/** Like `readEnvironment`, but throws a KdcubeError with every problem; an abstract environment is a problem too. */
export function mustReadEnvironment(
  name: string,
  files: EnvironmentFiles,
  options: EnvironmentOptions = {},
): { environment: Environment; notes: Problem[] } {
  const { environment, problems, notes, abstract } = readEnvironment(name, files, options);
  if (problems.length > 0) throw new KdcubeError(problems);
  if (environment) return { environment, notes };
  const message = abstract ? `${quoted(name)} is abstract: it is there to be extended.` : `${quoted(name)} says too little.`;
  throw new KdcubeError({ code: 'unknown-environment', message, at: { file: environmentFile(name) } });
}

function readMapping(content: string | Uint8Array, file: string): ReadDocument {
  const doc = readDocument(content, file);
  // The text after an unquoted * or & may be a password, so the message does not quote it.
  const problems = doc.problems.map((problem) =>
    problem.code === 'yaml-alias'
      ? {
          ...problem,
          message: 'Anchors, aliases and merge keys (unquoted words with & or * in front) are not allowed here.',
          hint: 'put the value between quotes',
        }
      : problem.code === 'yaml-empty'
        ? { ...problem, hint: 'target: ecs' }
        : problem,
  );
  if (problems.length > 0 || isMapping(doc.value)) return { ...doc, problems };
  return {
    ...doc,
    problems: [{ code: 'wrong-type', message: `${file} is ${kindOf(doc.value)} where a mapping belongs.`, at: doc.place([]) }],
  };
}

/** Merges the document over the one that it extends. Only one level, so that at most two files must be read to understand an environment. */
function extended(name: string, own: ReadDocument, files: EnvironmentFiles, problems: Problem[]): ReadDocument {
  const base = (own.value as Record<string, unknown>).extends;
  if (typeof base !== 'string' || base === '') return own;
  const at = own.place(['extends']);
  if (base === name) {
    problems.push({ code: 'extends-cycle', message: `${quoted(name)} extends itself.`, hint: 'remove the line extends:', at });
    return own;
  }
  const file = environmentFile(base);
  const content = isEnvironmentName(base) ? files.read(file) : undefined;
  const unreadable = content === undefined && isEnvironmentName(base) ? files.problem?.(file) : undefined;
  if (unreadable) {
    problems.push(unreadable);
    return own;
  }
  if (content === undefined) {
    problems.push({
      ...missingEnvironment(
        base,
        environmentNames(files).all.filter((other) => other !== name),
      ),
      at,
    });
    return own;
  }
  const lower = readMapping(content, file);
  if (lower.problems.length > 0) {
    problems.push(...lower.problems);
    return own;
  }
  const further = (lower.value as Record<string, unknown>).extends;
  if (further !== undefined)
    problems.push(
      further === name
        ? {
            code: 'extends-cycle',
            message: `${quoted(base)} extends ${quoted(name)}, which extends ${quoted(base)}.`,
            hint: 'remove the line extends: of one of the two',
            at: lower.place(['extends']),
          }
        : {
            code: 'extends-depth',
            message: `${quoted(name)} extends ${quoted(base)}, and that one must not extend another: one level.`,
            hint: 'write here what both share',
            at: lower.place(['extends']),
          },
    );
  return layered(own, lower);
}

const ONCE = 'is written once, at the top';
const GATEWAY_WRONG: KnownWrong = {
  tenant: { code: 'unknown-key', why: ONCE, hint: 'tenant: at the top' },
  tenant_id: { code: 'unknown-key', why: ONCE, hint: 'tenant: at the top' },
  project: { code: 'unknown-key', why: ONCE, hint: 'project: at the top' },
  project_id: { code: 'unknown-key', why: ONCE, hint: 'project: at the top' },
  instance_id: { code: 'rejected-key', why: 'would be the same in every replica, and must not be', hint: 'remove the line' },
  redis_url: { code: 'rejected-key', why: 'would carry the password of Redis', hint: 'secrets:\n  shared:\n    REDIS_URL: …' },
  roles: { code: 'unknown-key', why: 'is not needed: the roles stand in rate_limits themselves' },
  concurrent_per_process: {
    code: 'ignored-key',
    why: 'is an older name, of which the platform only warns',
    hint: 'concurrent_requests_per_process:',
  },
  avg_processing_time: {
    code: 'ignored-key',
    why: 'is an older name, of which the platform only warns',
    hint: 'avg_processing_time_seconds:',
  },
  max_integrations_concurrency: { code: 'ignored-key', why: 'is an older name', hint: 'max_integrations_ops_concurrency:' },
};

const TEXT: ShapeText = {
  known: (path) => (path[0] === 'gateway' ? GATEWAY_WRONG : {}),
  platformKeys: false,
  hidden: isHidden,
};

/** Values that YAML 1.1 and 1.2 read differently are quoted, unless they may be secrets. */
function hideAmbiguous(problem: Problem): Problem {
  const shown = problem.at?.path ?? '';
  const last = /(?:^|\.)"?(\w+)"?$/.exec(shown)?.[1] ?? '';
  if (!isHidden([...shown.split('.'), last])) return problem;
  const message = 'This is read differently by YAML 1.1 and YAML 1.2: as a text, a number, a date or a boolean.';
  return { ...problem, message, hint: 'put it between quotes' };
}

/** Some of these names are lost when a mapping such as `env` is read; others exist on every object without being set. */
function reservedNames(value: unknown, doc: ReadDocument, path: readonly (string | number)[] = []): Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (Array.isArray(value) || !isObjectName(key)) return reservedNames(inner, doc, here);
    const message = `${quoted(key)} cannot be a name here: ${OBJECT_NAME_REASON}.`;
    return [{ code: 'reserved-id' as const, message, hint: 'another name', at: doc.place(here, 'key') }];
  });
}

/** The valid part of a document. Invalid values are removed; if a required key is missing, the mapping that needs it is removed. */
function wellShaped(value: Record<string, unknown>): PartlyWritten {
  const partial = WrittenEnvironment.partial();
  let rest: unknown = structuredClone(value);
  for (let round = 0; round < 100; round += 1) {
    const parsed = partial.safeParse(rest);
    if (parsed.success) return parsed.data;
    // From the end: removing an item shifts those after it.
    for (const issue of parsed.error.issues.reverse()) rest = without(rest, issue);
  }
  return {};
}

function without(root: unknown, issue: z.core.$ZodIssue): unknown {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') return issue.keys.reduce((value, key) => removed(value, [...path, key]), root);
  // A missing key cannot be removed, so the mapping that requires it is removed.
  return path.length === 0 ? {} : removed(root, path);
}

function removed(root: unknown, path: readonly (string | number)[]): unknown {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key as string], root);
  const last = path[path.length - 1]!;
  if (Array.isArray(parent) && typeof last === 'number' && last in parent) parent.splice(last, 1);
  else if (isMapping(parent) && Object.hasOwn(parent, last)) delete parent[last as string];
  else if (path.length > 1) return removed(root, path.slice(0, -1));
  return root;
}

/** An unfilled placeholder is also an invalid value: report only the placeholder. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const placeOf = ({ at }: Problem) => JSON.stringify([at?.file, at?.path]);
  const open = new Set(problems.filter(({ code }) => code === 'placeholder').map(placeOf));
  const echoes = ['wrong-value', 'wrong-type', 'registry-name', 'mutable-ref', 'unsafe-tag'];
  return problems.filter((problem) => !echoes.includes(problem.code) || !open.has(placeOf(problem)));
}

/** Sorted by file and place. Two problems with the same code at the same place are reported once. */
function inOrder(problems: Problem[]): Problem[] {
  const reported = new Set<string>();
  const at = (problem: Problem) => [problem.at?.line ?? 0, problem.at?.col ?? 0] as const;
  return problems
    .sort((a, b) => (a.at?.file ?? '').localeCompare(b.at?.file ?? '', 'en') || at(a)[0] - at(b)[0] || at(a)[1] - at(b)[1])
    .filter((problem) => {
      const key = JSON.stringify([problem.at, problem.code]);
      return !reported.has(key) && reported.add(key);
    });
}
