import { parseImageReference } from '@kdcube/release/internal';
import { run, tail } from '../../system/programs/exec';
import { recordEffect } from '../../system/journal';
import type { Log } from '../../system/log';
import { withHeartbeat } from '../../system/log';
import { buildWithEngine, localName } from '../build/engine-build';
import { engineProgram, localLabels } from '../build/engine';
import type { Engine } from '../build/engine';
import type { ImageJob } from '../job';
import { openRegistry } from '../../workspace/registries';
import type { Registries } from '../../workspace/registries';
import { loadIntoEngine } from './load-into-engine';
import { pushReceipt } from '../receipts';
import { findOrBuild } from '../build/image-source';

/** Ensures that the engine has the image of this plan: pulls or builds it if necessary. Returns its name in the engine. */
export async function provideImage(
  engine: Engine,
  job: ImageJob,
  registries: Registries,
  root: string,
  log: Log,
): Promise<string> {
  const local = localName(job.plan);
  if ((await localLabels(engine, local))?.['io.kdcube.content-key'] === job.plan.key) return local;
  const pushed = pushedReference(root, job);
  if (pushed && (await pull(engine, pushed, job.plan.platform, log))) return pushed;
  const source = await findOrBuild(job, { root, registries, engine: 'auto' }, log);
  if (source.kind !== 'engine') await loadIntoEngine(engine, source, local, root, log);
  // Another engine of this machine may have built it.
  else if (source.engine !== engine) await buildWithEngine(engine, job, registries, root, log);
  return local;
}

/** Where this checkout pushed this content. */
function pushedReference(root: string, { plan }: ImageJob): string | undefined {
  const receipt = pushReceipt(root, plan.image);
  // An image in dist/images cannot be pulled.
  if (receipt?.key !== plan.key || receipt.repository.startsWith('oci:')) return undefined;
  return `${receipt.repository}@${receipt.digest}`;
}

/** Returns false if the engine cannot pull it; it is then built. */
async function pull(engine: Engine, reference: string, platform: string, log: Log): Promise<boolean> {
  const program = engineProgram(engine);
  const startedAt = Date.now();
  const { host } = parseImageReference(reference);
  // docker uses plain HTTP for loopback by default, podman needs a flag.
  const plain = engine === 'podman' && openRegistry(host, log).base.protocol === 'http:' ? ['--tls-verify=false'] : [];
  const waiting = () => `pulling ${reference} for ${Math.round((Date.now() - startedAt) / 1000)} s`;
  const args = ['pull', '--quiet', ...plain, `--platform=${platform}`, reference];
  const { exitCode, stderr } = await withHeartbeat(log, waiting, run(program, args, { timeout: 3_600_000 }));
  if (exitCode === 0) {
    recordEffect({ kind: 'other', text: `pulled ${reference} into ${program}` });
    log.done('pulled', reference, '', startedAt);
  } else log.note(`${program} did not pull ${reference}, so the image is built here.\n${tail(stderr, 3)}`);
  return exitCode === 0;
}
