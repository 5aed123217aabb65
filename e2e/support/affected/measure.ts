import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { digestsOf, readImage } from '../oci';
import type { Ran } from '../run';
import { type Shop } from './shop';

/** The digests of everything in the registry below a prefix, by `repository:tag`. */
export async function registryBelow(prefix: string): Promise<Record<string, string>> {
  const host = prefix.slice(0, prefix.indexOf('/'));
  const path = prefix.slice(host.length + 1);
  // The catalog is sorted: from here on, this prefix comes first.
  const answer = (await (await fetch(`http://${host}/v2/_catalog?n=100&last=${path}/`)).json()) as { repositories: string[] };
  const below = answer.repositories.filter((name) => name.startsWith(`${path}/`));
  const all: Record<string, string> = {};
  for (const name of below)
    for (const [tag, digest] of Object.entries(await digestsOf(`${host}/${name}`)))
      all[`${name.slice(path.length + 1)}:${tag}`] = digest;
  return all;
}

/** The tasks that Nx would run. */
export async function plannedTasks(shop: Shop, command: string): Promise<string[]> {
  const { stdout } = await shop.mustNx(`${command} --graph=stdout`);
  const start = stdout.indexOf('{');
  if (start === -1) return [];
  return Object.keys((JSON.parse(stdout.slice(start)) as { tasks: { tasks: object } }).tasks.tasks).sort();
}

/** The tasks that Nx ran, from its output in the style `static`. */
export function ranTasks({ output }: Pick<Ran, 'output'>): string[] {
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
  return [...new Set([...plain.matchAll(/^> nx run (\S+)/gm)].map(([, task]) => task!))].sort();
}

export interface PushReceipt {
  key: string;
  digest: string;
  how: 'reused' | 'built' | 'prebuilt';
  tags: string[];
  commit?: string;
}

/** The receipts in dist/, by `<folder>/<project>`. */
export function receipts(shop: { workspace: { dir: string } }): Record<string, PushReceipt> {
  const dist = join(shop.workspace.dir, 'dist');
  if (!fs.existsSync(dist)) return {};
  const files = (fs.readdirSync(dist, { recursive: true }) as string[]).filter((file) => basename(file) === 'receipt.json');
  return Object.fromEntries(
    files.map((file) => [dirname(file), JSON.parse(fs.readFileSync(join(dist, file), 'utf8')) as PushReceipt]),
  );
}

/** The bundle ids in the label of an image in the registry. */
export async function bundlesIn(image: string, digest: string): Promise<string[]> {
  const { config } = await readImage(image, digest);
  return Object.keys(JSON.parse(config.config.Labels?.['io.kdcube.bundles'] ?? '{}') as object).sort();
}
