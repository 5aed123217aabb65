import { parseRegistry } from '@kdcube/release/internal';
import { readNxJson, updateNxJson } from '@nx/devkit';
import type { NxJsonConfiguration, Tree } from '@nx/devkit';

const PLUGIN = '@kdcube/nx';
const SYNC = '@kdcube/nx:pins';

/** Adds the plugin and its sync generator to nx.json, each once. Preserves existing options; sets `registry` if given. */
export function usePlugin(tree: Tree, registry?: string): void {
  if (registry !== undefined) parseRegistry(registry);
  const before = readNxJson(tree) ?? {};
  const after = withSync(withPlugin(before, registry));
  if (JSON.stringify(after) !== JSON.stringify(before)) updateNxJson(tree, after);
}

function withPlugin(nxJson: NxJsonConfiguration, registry?: string): NxJsonConfiguration {
  const plugins = nxJson.plugins ?? [];
  const index = plugins.findIndex((entry) => (typeof entry === 'string' ? entry : entry.plugin) === PLUGIN);
  const added = registry === undefined ? {} : { registry };
  if (index === -1) return { ...nxJson, plugins: [...plugins, { plugin: PLUGIN, options: added }] };
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
