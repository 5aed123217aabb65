import { sortKeys } from '../../../deploy/normalize-descriptor';
import { readDocument } from '../../../document/document';
import { isMapping, type Mapping } from '../compose-file/compose-merge';
import { type ConfigFile, sha256 } from '../render/host-files';

/** What a plan says of the files that the platform edits too. */
export interface ConfigState {
  configBefore: Record<string, string>;
  edited: string[];
}

/** Compares the files with those of the last release. `found`: their content on the host, without those that do not exist. */
export function compareConfigFiles(
  files: readonly ConfigFile[],
  last: readonly ConfigFile[],
  found: ReadonlyMap<string, string>,
): ConfigState {
  const edited = files.filter(({ path, content }) => {
    const now = found.get(path);
    const before = last.find((file) => file.path === path)?.content;
    return now !== undefined && ![content, before].some((text) => text !== undefined && isSameDescriptor(text, now));
  });
  return { configBefore: hashesOf(files, found), edited: edited.map(({ path }) => path) };
}

function hashesOf(files: readonly Pick<ConfigFile, 'path'>[], found: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(files.map(({ path }) => [path, found.has(path) ? sha256(found.get(path)!) : '']));
}

/** Whether a descriptor is ours, perhaps as the platform wrote it again: its comments are gone, and keys without a value are there. */
function isSameDescriptor(ours: string, found: string): boolean {
  if (ours === found) return true;
  const [one, other] = [ours, found].map((text) => bundlesIn(text));
  return one !== undefined && other !== undefined && JSON.stringify(sortKeys(one)) === JSON.stringify(sortKeys(other));
}

function bundlesIn(text: string): unknown {
  const { value, problems } = readDocument(text, 'bundles.yaml');
  if (problems.length > 0 || !isMapping(value) || !isMapping(value.bundles)) return undefined;
  const { items, default_bundle_id: byDefault } = value.bundles;
  if (!Array.isArray(items)) return undefined;
  const entries = items.filter(isMapping).map(withoutDefaults);
  return { byDefault, entries: entries.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)) };
}

/** What the platform adds: null, false, and empty texts, lists and mappings. */
function withoutDefaults(entry: Mapping): Mapping {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
