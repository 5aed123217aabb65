import { isOnlyAdded, KdcubeError, nxProjectName, parseRegistry, projectNamed } from '@kdcube/release/internal';
import type { Files } from '@kdcube/release/internal';
import { parseJson, updateNxJson } from '@nx/devkit';
import type { NxJsonConfiguration, Tree } from '@nx/devkit';
import { treeFiles } from '../tree-files';

const PLUGIN = '@kdcube/nx';
const SYNC = '@kdcube/nx:pins';

/** Adds the plugin and its sync generator to nx.json, each once. Preserves existing options; sets `registry` if given. A new entry also gets the Dockerfiles outside images/, and a name for the release’s project if another project has the default one. Returns whether the entry is new. */
export function usePlugin(tree: Tree, registry?: string, images: Readonly<Record<string, string>> = {}): boolean {
  if (registry !== undefined) parseRegistry(registry);
  const text = tree.exists(FILE) ? (tree.read(FILE, 'utf-8') ?? '') : '{}';
  const before = readOwnNxJson(text);
  requireShape(before);
  const after = withSync(
    withPlugin(before, registry, { ...projectName(treeFiles(tree)), ...(Object.keys(images).length > 0 && { images }) }),
  );
  if (JSON.stringify(after) === JSON.stringify(before)) return false;
  // `registry` is the one value that may change.
  const index = (before.plugins ?? []).findIndex(isOurs);
  const mayChange =
    index === -1 || typeof before.plugins![index] === 'string' ? ['plugins', index] : ['plugins', index, 'options', 'registry'];
  if (!isOnlyAdded(before, after, mayChange)) throw unreadable('an edit would lose something');
  // nx.json may have comments, which no writer of JSON keeps.
  if (hasComments(text)) throw unreadable('it has comments, which an edit would lose', addition(registry));
  updateNxJson(tree, after);
  return index === -1;
}

const FILE = 'nx.json';

function readOwnNxJson(text: string): NxJsonConfiguration {
  try {
    return parseJson<NxJsonConfiguration>(text);
  } catch {
    throw unreadable('it is not valid JSON');
  }
}

function requireShape({ plugins, sync }: NxJsonConfiguration): void {
  const generators: unknown = sync?.globalGenerators;
  if (plugins !== undefined && !Array.isArray(plugins)) throw unreadable('"plugins" is not a list');
  if (sync !== undefined && (typeof sync !== 'object' || sync === null || Array.isArray(sync)))
    throw unreadable('"sync" is not an object');
  if (generators !== undefined && !Array.isArray(generators)) throw unreadable('"sync.globalGenerators" is not a list');
}

function hasComments(text: string): boolean {
  return /\/[/*]/.test(text.replace(/"(?:[^"\\]|\\[^])*"/g, ''));
}

function addition(registry?: string): string {
  const plugin = { plugin: PLUGIN, options: registry === undefined ? {} : { registry } };
  return `add by hand: "plugins": [${JSON.stringify(plugin)}], "sync": {"globalGenerators": ["${SYNC}"]}`;
}

function unreadable(why: string, hint = 'correct nx.json, then run the generator again'): KdcubeError {
  return new KdcubeError({ code: 'file-error', message: `${FILE} cannot be edited: ${why}.`, hint, at: { file: FILE } });
}

function isOurs(entry: string | { plugin: string }): boolean {
  return (typeof entry === 'string' ? entry : entry.plugin) === PLUGIN;
}

/** The name of the release’s project where `release` is not free: that of the root’s own project, else another. */
function projectName(files: Files): { project?: string } {
  const root = nxProjectName(files, '');
  if (root) return root.name === 'release' ? {} : { project: root.name };
  return projectNamed(files, 'release') ? { project: 'kdcube-release' } : {};
}

/** `first`: options of a new entry only. In one that exists, a person may have chosen others. */
function withPlugin(nxJson: NxJsonConfiguration, registry: string | undefined, first: object): NxJsonConfiguration {
  const plugins = nxJson.plugins ?? [];
  const index = plugins.findIndex(isOurs);
  const added = registry === undefined ? {} : { registry };
  if (index === -1) {
    return { ...nxJson, plugins: [...plugins, { plugin: PLUGIN, options: { ...added, ...first } }] };
  }
  if (registry === undefined) return nxJson;
  const found = plugins[index]!;
  const entry = typeof found === 'string' ? { plugin: PLUGIN } : found;
  const options = { ...((entry as { options?: object }).options ?? {}), ...added };
  return { ...nxJson, plugins: plugins.map((other, at) => (at === index ? { ...entry, options } : other)) };
}

function withSync(nxJson: NxJsonConfiguration): NxJsonConfiguration {
  const generators = nxJson.sync?.globalGenerators ?? [];
  if (generators.includes(SYNC)) return nxJson;
  return { ...nxJson, sync: { ...nxJson.sync, globalGenerators: [...generators, SYNC] } };
}
