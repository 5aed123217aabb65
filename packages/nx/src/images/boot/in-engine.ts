import { parseImageReference } from '@kdcube/release/internal';
import { run, tail } from '../../system/exec';
import type { Log } from '../../system/log';
import { whileWaiting } from '../../system/log';
import { buildLocal, localName } from '../build/build';
import { engineName, localLabels } from '../build/docker';
import type { Engine } from '../build/docker';
import type { ImageJob } from '../job';
import { openRegistry } from '../../workspace/registries';
import type { Registries } from '../../workspace/registries';
import { loadInto } from './load';
import { pushReceipt } from '../receipts';
import { sourceOf } from '../build/source';

/** The name under which the engine has this image, with the content that the plan says; brought there when it has not. */
export async function inEngine(engine: Engine, job: ImageJob, registries: Registries, root: string, log: Log): Promise<string> {
  const local = localName(job.plan);
  if ((await localLabels(engine, local))?.['io.kdcube.content-key'] === job.plan.key) return local;
  const pushed = pushedReference(root, job);
  if (pushed && (await pull(engine, pushed, job.plan.platform, log))) return pushed;
  const source = await sourceOf(job, { root, registries, engine: 'auto' }, log);
  if (source.kind !== 'engine') await loadInto(engine, source, local, root, log);
  // Of two engines on one machine, the other one may have built it.
  else if (source.engine !== engine) await buildLocal(engine, job, registries, root, log);
  return local;
}

/** Where docker-push has put this very content, if it was from here. */
function pushedReference(root: string, { plan }: ImageJob): string | undefined {
  const receipt = pushReceipt(root, plan.image);
  // Without a registry, it is in dist/images.
  if (receipt?.key !== plan.key || receipt.repository.startsWith('oci:')) return undefined;
  return `${receipt.repository}@${receipt.digest}`;
}

/** False when the engine cannot have it from there: then it can still be built. */
async function pull(engine: Engine, reference: string, platform: string, log: Log): Promise<boolean> {
  const program = engineName(engine);
  const startedAt = Date.now();
  const { host } = parseImageReference(reference);
  // docker knows by itself that this machine's own registry speaks plain http; podman must be told.
  const plain = engine === 'podman' && openRegistry(host, log).base.protocol === 'http:' ? ['--tls-verify=false'] : [];
  const waiting = () => `pulling ${reference} for ${Math.round((Date.now() - startedAt) / 1000)} s`;
  const args = ['pull', '--quiet', ...plain, `--platform=${platform}`, reference];
  const { exitCode, stderr } = await whileWaiting(log, waiting, run(program, args, { timeout: 3_600_000 }));
  if (exitCode === 0) log.done('pulled', reference, '', startedAt);
  else log.note(`${program} did not pull ${reference}, so the image is built here.\n${tail(stderr, 3)}`);
  return exitCode === 0;
}
