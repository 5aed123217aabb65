import { KdcubeError, printable, quoted } from '../problem/problem';
import type { Problem } from '../problem/problem';
import { readDocument } from '../document/document';
import { isMapping } from '../document/layers';
import { yamlText } from '../document/yaml-text';
import { findBundles, readRelease } from '../release/read';
import type { ReleaseOptions } from '../release/release';
import { convertBundle } from './written-bundles';
import { RELEASE_HEAD } from './new-release';

/** A file that describes a release: release.yaml of another tool, assembly.yaml, bundles.yaml, or AGENTIC_BUNDLES_JSON. */
export interface ReleaseInput {
  file: string;
  content: string | Uint8Array;
}

/** What the inputs do not say. */
export interface ConvertOptions extends ReleaseOptions {
  platformRef?: string;
  platformRepo?: string;
  /** Of a release that has no name in the inputs. */
  name: string;
}

export interface ConvertedRelease {
  /** The text of release.yaml. */
  text: string;
  /** One line for each thing that the inputs say and release.yaml does not. */
  dropped: string[];
}

/** The parts of a release, each with the file that it comes from. */
interface Parts {
  sections: Map<string, { file: string; value: unknown }>;
  dropped: string[];
}

/** Writes release.yaml from other descriptions of the same release. Throws every problem, with its place in the inputs. */
export function convertRelease(inputs: readonly ReleaseInput[], options: ConvertOptions): ConvertedRelease {
  const unchanged = inputs.length === 1 ? asIs(inputs[0]!, options) : undefined;
  if (unchanged !== undefined) return { text: unchanged, dropped: [] };
  const parts: Parts = { sections: new Map(), dropped: [] };
  for (const input of inputs) readInput(input, parts);
  const { sections, dropped } = parts;
  const get = (name: string) => sections.get(name)?.value;
  const platform = platformOf(parts, options);
  const { items, defaultId } = bundlesOf(parts);
  const release = {
    release_name: get('release_name') ?? options.name,
    platform,
    frontend: get('frontend'),
    repos: get('repos'),
    not_secret: get('not_secret'),
    bundles: { default_bundle_id: defaultId, items },
  };
  const text = `${RELEASE_HEAD}\n${yamlText(release)}`;
  const { problems } = readRelease(text, 'release.yaml', options);
  if (problems.length > 0) throw new KdcubeError(problems.map((problem) => inInput(problem, sections, inputs[0]!.file)));
  // The keys of a foreign file are printed.
  return { text, dropped: dropped.map(printable) };
}

/** A release.yaml without problems keeps its comments: only the line for editors is added. */
function asIs({ file, content }: ReleaseInput, { platformRef, ...options }: ConvertOptions): string | undefined {
  const { release, problems } = readRelease(content, file, options);
  if (!release || problems.length > 0 || release.name === undefined || release.platform.ref === undefined) return undefined;
  if (platformRef !== undefined && platformRef !== release.platform.ref) return undefined;
  const text = (typeof content === 'string' ? content : new TextDecoder().decode(content)).replace(/^\ufeff/, '');
  if (/^# yaml-language-server:/m.test(text)) return text;
  return `${RELEASE_HEAD.split('\n')[0]!}${text.includes('\r\n') ? '\r\n' : '\n'}${text}`;
}

function readInput({ file, content }: ReleaseInput, parts: Parts): void {
  const doc = readDocument(content, file);
  if (doc.problems.length > 0) throw new KdcubeError(doc.problems);
  if (!isMapping(doc.value))
    throw new KdcubeError({
      code: 'wrong-type',
      message: `${file} describes no release: it is not a mapping.`,
      hint: 'release.yaml, assembly.yaml with bundles.yaml, or the value of AGENTIC_BUNDLES_JSON in a file',
      at: doc.place([]),
    });
  const problems: Problem[] = [];
  const { entries, defaultId, rest } = findBundles(doc.value, doc, problems);
  if (problems.length > 0) throw new KdcubeError(problems);
  const add = (name: string, value: unknown): void => {
    const other = parts.sections.get(name);
    if (other)
      throw new KdcubeError({
        code: 'wrong-option',
        message: `${quoted(name)} is in two files, ${other.file} and ${file}.`,
        hint: 'name one of them in --from, or remove it from one',
        at: { file, path: name },
      });
    parts.sections.set(name, { file, value });
  };
  if (entries.length > 0) add('bundles', { entries: entries.map(({ value }) => value), defaultId: defaultId?.value });
  for (const [key, value] of Object.entries(rest)) addSection(key, value, add, (line) => parts.dropped.push(`${file}: ${line}`));
}

const OF_A_RELEASE = ['release_name', 'repos', 'not_secret'];
const PINNED = ['platform', 'frontend'];

function addSection(
  key: string,
  value: unknown,
  add: (name: string, value: unknown) => void,
  drop: (line: string) => void,
): void {
  if (value === null) return;
  // What has another type than it should is reported by the reader of the new text.
  if (OF_A_RELEASE.includes(key) || (PINNED.includes(key) && !isMapping(value))) return add(key, value);
  const section = isMapping(value) ? value : {};
  if (key === 'platform') {
    add(key, pick(section, ['repo', 'ref', 'registry', 'description']));
    for (const other of Object.keys(section).filter((name) => !['repo', 'ref', 'registry', 'description'].includes(name)))
      drop(`platform.${other}: how the platform runs belongs into environments/<name>.yaml`);
    return;
  }
  if (key === 'frontend') {
    const source = isMapping(section.build) ? { ...section.build, ...section } : section;
    if (source.repo !== undefined || source.ref !== undefined) add(key, pick(source, ['repo', 'ref', 'subdir']));
    for (const other of Object.keys(section).filter((name) => !['repo', 'ref', 'subdir'].includes(name)))
      drop(
        other === 'build'
          ? 'frontend.build: only its repo and ref are pinned'
          : `frontend.${other}: how the frontend runs is not part of a release`,
      );
    return;
  }
  drop(`${key}: how the platform runs belongs into environments/<name>.yaml`);
}

function pick(value: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(value, key) ? [[key, value[key]]] : [])));
}

function platformOf({ sections, dropped }: Parts, { platformRef, platformRepo }: ConvertOptions): Record<string, unknown> {
  const found = sections.get('platform');
  const written = isMapping(found?.value) ? found.value : {};
  const ref = platformRef ?? written.ref;
  if (ref === undefined)
    throw new KdcubeError({
      code: 'wrong-option',
      message: 'The inputs name no platform version (platform.ref).',
      hint: '--platformRef=2026.07.20.444    npm create kdcube: --platform-ref 2026.07.20.444',
    });
  if (found && platformRef !== undefined && written.ref !== undefined && written.ref !== platformRef)
    dropped.push(`${found.file}: platform.ref ${quoted(written.ref)}: the option says ${quoted(platformRef)}`);
  const { ref: _, repo, ...others } = written;
  return { repo: repo ?? platformRepo, ref, ...others };
}

function bundlesOf({ sections, dropped }: Parts): { items: unknown[]; defaultId?: unknown } {
  const found = sections.get('bundles');
  const { entries, defaultId } = (found?.value ?? { entries: [] }) as { entries: unknown[]; defaultId?: unknown };
  const converted = entries.map(convertBundle);
  dropped.push(...converted.flatMap((each) => each.dropped.map((line) => `${found!.file}: ${line}`)));
  const items = converted.flatMap(({ bundle }) => (bundle === undefined ? [] : [bundle]));
  const isListed = defaultId === undefined || items.some(({ id }) => id === defaultId) || items.length === entries.length;
  if (!isListed) dropped.push(`${found!.file}: default_bundle_id ${quoted(defaultId)}: it is none of the bundles of the release`);
  return { items, defaultId: isListed ? defaultId : undefined };
}

/** A problem of the new text, at the key of the input that it comes from. */
function inInput(problem: Problem, sections: Parts['sections'], first: string): Problem {
  const path = problem.at?.path;
  const section = path === undefined ? undefined : sections.get(path.split(/[.[]/)[0]!);
  return { ...problem, at: { file: section?.file ?? first, ...(path !== undefined && { path }) } };
}
