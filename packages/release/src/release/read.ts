import * as z from 'zod';
import { LIMITS } from '../problem/limits';
import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import type { DocumentPath, ReadDocument } from '../document/document';
import { readDocument } from '../document/document';
import { isMapping } from '../document/layers';
import { isFileEntry, notSecretEntries } from '../document/not-secret';
import { generationOf } from '../platform/generation';
import { bundleFolder, bundleModule } from '../platform/bundle-id';
import { readRegistry, type RegistryName } from './reference';
import { normalPath } from './refs';
import type { Bundle, FrontendSource, PlatformImageSettings, Release, ReleaseOptions } from './release';
import { WrittenBundle, WrittenRelease } from './release';
import { releaseRules } from './rules';
import { checkShape, kindOf } from '../document/shape';
import type { FoundBundle } from './rules/rule';

/** The result of reading release.yaml: everything that is valid, every problem, and notes. */
export interface ReadRelease {
  release?: Release;
  problems: Problem[];
  /** Not errors: what was rewritten, and which generation was chosen, with the reason. */
  notes: Problem[];
}

/**
 * Reads release.yaml, or a descriptor of the platform (`bundles.items[]`, the map form, the flat map, bare `items[]`), from text. Never
 * throws for the content: returns every problem, each with its place.
 */
export function readRelease(content: string | Uint8Array, file: string, options: ReleaseOptions = {}): ReadRelease {
  const doc = readDocument(content, file);
  if (doc.problems.length > 0) return { problems: doc.problems, notes: [] };
  const root = doc.value;
  if (Array.isArray(root)) return { problems: [listForm(doc, [])], notes: [] };
  if (!isMapping(root)) {
    return {
      problems: [{ code: 'wrong-type', message: `${file} is ${kindOf(root)} where a mapping belongs.`, at: doc.place([]) }],
      notes: [],
    };
  }
  const problems: Problem[] = [];
  const { entries, defaultId, rest } = findBundles(root, doc, problems);
  problems.push(...checkShape(WrittenRelease.omit({ bundles: true }).partial({ platform: true }), doc, rest, []));
  if (defaultId) problems.push(...checkShape(z.string().min(1), doc, defaultId.value, defaultId.path));
  const found: FoundBundle[] = [];
  if (entries.length > MAX_BUNDLES) {
    const message = `${file} has ${entries.length} bundles. At most ${MAX_BUNDLES} are read.`;
    return { problems: [{ code: 'limit-exceeded', message, at: doc.place(['bundles']) }], notes: [] };
  }
  for (const entry of entries) {
    const shape = checkShape(WrittenBundle, doc, entry.value, entry.path);
    problems.push(...shape);
    // Every entry with an id is passed to the rules, so that one run reports everything; its other shape problems are already reported.
    const { value } = entry;
    if (isMapping(value) && typeof value.id === 'string')
      found.push({ ...entry, value: onlyTexts(value), has: (field) => Object.hasOwn(value, field) });
  }
  const release = normalise(rest, found, defaultId?.value, options);
  const rules = releaseRules({ doc, release, found, written: entries.length, defaultId, rest, options });
  return { release, problems: inOrder(problems.concat(rules.problems, doc.ambiguous)), notes: rules.notes };
}

/** Like `readRelease`, but throws a KdcubeError with every problem. */
export function mustReadRelease(
  content: string | Uint8Array,
  file: string,
  options: ReleaseOptions = {},
): { release: Release; notes: Problem[] } {
  const { release, problems, notes } = readRelease(content, file, options);
  if (!release || problems.length > 0) throw new KdcubeError(problems);
  return { release, notes };
}

export interface Found {
  entries: { path: DocumentPath; key?: string; value: unknown }[];
  defaultId?: { path: DocumentPath; value: unknown };
  /** The document without its bundles. */
  rest: Record<string, unknown>;
}

const MAX_BUNDLES = LIMITS.bundles.max;

const SECTIONS = ['release_name', 'platform', 'frontend', 'repos', 'bundles', 'items', 'default_bundle_id'];

/** The accepted shapes, tried in this order (contract §2.2). */
export function findBundles(root: Record<string, unknown>, doc: ReadDocument, problems: Problem[]): Found {
  const { bundles, items, default_bundle_id: topDefault, ...rest } = root;
  const defaultId = topDefault === undefined ? undefined : { path: ['default_bundle_id'], value: topDefault };
  if (items !== undefined && bundles === undefined) return { ...listOf(items, ['items'], doc, problems), defaultId, rest };
  if (bundles === undefined || bundles === null) {
    const flat = !SECTIONS.some((key) => key in root) && Object.values(root).length > 0 && Object.values(root).every(isMapping);
    if (flat) return { ...mapOf(root, [], doc, problems), defaultId, rest: {} };
    return { entries: [], defaultId, rest };
  }
  if (Array.isArray(bundles)) {
    problems.push(listForm(doc, ['bundles']));
    return { ...listOf(bundles, ['bundles'], doc, problems), defaultId, rest };
  }
  if (!isMapping(bundles)) {
    problems.push({
      code: 'wrong-type',
      message: `"bundles" is ${kindOf(bundles)} where a mapping belongs.`,
      at: doc.place(['bundles']),
    });
    return { entries: [], defaultId, rest };
  }
  const { default_bundle_id: innerDefault, items: list, version, ...map } = bundles;
  const inner = innerDefault === undefined ? defaultId : { path: ['bundles', 'default_bundle_id'], value: innerDefault };
  if (list !== undefined) {
    problems.push(
      ...checkShape(
        z.strictObject({ version: WrittenRelease.shape.bundles.shape.version }),
        doc,
        { ...(version !== undefined && { version }), ...map },
        ['bundles'],
      ),
    );
    return { ...listOf(list, ['bundles', 'items'], doc, problems), defaultId: inner, rest };
  }
  return {
    ...mapOf(version === undefined || !isMapping(version) ? map : { ...map, version }, ['bundles'], doc, problems),
    defaultId: inner,
    rest,
  };
}

function listOf(list: unknown, path: DocumentPath, doc: ReadDocument, problems: Problem[]): Pick<Found, 'entries'> {
  // `items:` without a value means an empty list.
  if (list === null) return { entries: [] };
  if (!Array.isArray(list)) {
    problems.push({
      code: 'wrong-type',
      message: `${quoted(String(path[path.length - 1]))} is ${kindOf(list)} where a list belongs.`,
      at: doc.place(path),
    });
    return { entries: [] };
  }
  return { entries: list.map((value, index) => ({ path: [...path, index], value })) };
}

function mapOf(map: Record<string, unknown>, path: DocumentPath, doc: ReadDocument, problems: Problem[]): Pick<Found, 'entries'> {
  return {
    entries: Object.entries(map).map(([key, value]) => {
      if (isMapping(value) && value.id !== undefined && value.id !== key) {
        problems.push({
          code: 'id-mismatch',
          message: `The key says ${quoted(key)}, its id ${quoted(value.id)}. The platform goes by the key.`,
          hint: `id: "${key}"`,
          at: doc.place([...path, key, 'id']),
        });
      }
      return { path: [...path, key], key, value: isMapping(value) ? { ...value, id: key } : value };
    }),
  };
}

function listForm(doc: ReadDocument, path: DocumentPath): Problem {
  return {
    code: 'list-form',
    message: 'Bundles as a bare list empty the platform’s registry, or make it refuse the file.',
    hint: 'bundles:\n  items:\n    - id: …',
    at: doc.place(path),
  };
}

function normalise(rest: Record<string, unknown>, found: FoundBundle[], defaultId: unknown, options: ReleaseOptions): Release {
  const platform = isMapping(rest.platform) ? rest.platform : {};
  const frontend = isMapping(rest.frontend) ? rest.frontend : undefined;
  const ref = textOf(platform.ref);
  const { generation, because } = generationOf(ref, options.generation);
  const bundles = found.map(({ value }) => bundleOf(value));
  return {
    name: textOf(rest.release_name),
    platform: {
      repo: textOf(platform.repo),
      ref,
      ...(platform.build === true ? { build: imagesOf(platform.images) } : registryOf(platform.registry)),
    },
    frontend: frontend && frontendOf(frontend),
    repos: isMapping(rest.repos) ? textsOf(rest.repos) : {},
    allowedFiles: allowedFilesOf(rest.not_secret),
    defaultBundleId: textOf(defaultId) ?? bundles[0]?.id,
    bundles,
    generation,
    generationBecause: because,
  };
}

function frontendOf(written: Record<string, unknown>): FrontendSource | undefined {
  const [repo, ref] = [textOf(written.repo), textOf(written.ref)];
  if (repo === undefined || ref === undefined) return undefined;
  const subdir = normalPath(textOf(written.subdir) ?? '');
  return { repo, ref, ...(subdir !== '' && { subdir }) };
}

function allowedFilesOf(notSecret: unknown): Record<string, string> | undefined {
  const files = notSecretEntries(notSecret).filter((entry) => isFileEntry(entry) && entry.reason !== undefined);
  return files.length === 0 ? undefined : Object.fromEntries(files.map(({ name, reason }) => [name, reason!]));
}

function bundleOf(written: WrittenBundle): Bundle {
  const { id, name, description, singleton, repo, ref, git_commit: gitCommit } = written;
  const config = written.config ?? written.props;
  const base = { id, name, description, singleton, config, folder: bundleFolder(id), module: bundleModule(id) };
  if (repo !== undefined)
    return { ...base, kind: 'pinned', repo, ref: ref ?? '', subdir: normalPath(written.subdir ?? ''), gitCommit };
  return { ...base, kind: 'workspace', subdir: normalPath(written.subdir ?? 'bundles') };
}

/** The fields with the right type; the others have already been reported. */
function onlyTexts(value: Record<string, unknown>): WrittenBundle {
  const keep = Object.entries(value).filter(([key, field]) => {
    if (key === 'singleton') return typeof field === 'boolean';
    return key === 'config' || key === 'props' ? isMapping(field) : typeof field === 'string';
  });
  return Object.fromEntries(keep) as unknown as WrittenBundle;
}

function textsOf(texts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The settings with the right type; the others have already been reported. */
function imagesOf(images: unknown): Record<string, PlatformImageSettings> {
  if (!isMapping(images)) return {};
  const settings = Object.entries(images).filter((entry): entry is [string, Record<string, unknown>] => isMapping(entry[1]));
  return Object.fromEntries(
    settings.map(([name, { dockerfile, args }]) => {
      const file = textOf(dockerfile);
      return [
        name,
        { ...(file !== undefined && { dockerfile: normalPath(file) }), ...(isMapping(args) && { args: textsOf(args) }) },
      ];
    }),
  );
}

/** Nothing for an invalid name, which is a Problem of the rules. */
function registryOf(text: unknown): { registry?: RegistryName } {
  const read = typeof text === 'string' && text !== '' ? readRegistry(text) : undefined;
  return read && !('code' in read) ? { registry: read } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Sorted by place. Two problems with the same code at the same place are reported once. */
function inOrder(problems: Problem[]): Problem[] {
  const reported = new Set<string>();
  return problems.sort(byPlace).filter(({ code, at }) => {
    const key = `${at?.line}:${at?.col} ${at?.path} ${code}`;
    return !reported.has(key) && reported.add(key);
  });
}

function byPlace(a: Problem, b: Problem): number {
  return (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.col ?? 0) - (b.at?.col ?? 0);
}
