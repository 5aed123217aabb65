import * as fs from 'node:fs';
import * as path from 'node:path';
import { OUT, PushReceipt } from '@kdcube/release/internal';
import { pushImage, type PushOptions } from '../src/images/push/push';
import { resolveRegistries, type Registries } from '../src/workspace/registries';
import type { Log } from '../src/system/log';
import type { Acme } from './acme-kit';

/** The double of a registry, in which the base is too. */
export function acmeRegistry({ registry }: Acme): Registries {
  return resolveRegistries({ registry: `${registry.host}/acme`, platformRegistry: registry.host }, {}, {});
}

/** Pushes the image `proc` as docker-push does, and leaves its receipt as it does. */
export async function pushProc(ours: Acme, log: Log, more: Partial<PushOptions> = {}): Promise<PushReceipt> {
  const options: PushOptions = { root: ours.root, registries: acmeRegistry(ours), engine: 'auto', dryRun: false, ...more };
  const receipt = PushReceipt.parse(await ours.job((job) => pushImage(job, options, log)));
  const dir = path.join(ours.root, OUT.push('proc'));
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'receipt.json'), JSON.stringify(receipt));
  return receipt;
}

/** The layers of an image in the registry of the double. */
export async function layersIn({ registry }: Acme, digest: string): Promise<string[]> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
  const answer = await fetch(`http://${registry.host}/v2/acme/proc/manifests/${digest}`, { headers });
  return ((await answer.json()) as { layers: { digest: string }[] }).layers.map((layer) => layer.digest);
}
