import type { ExecutorContext } from '@nx/devkit';
import {
  builtImageNames,
  environmentNames,
  KdcubeError,
  type Environment,
  type RegistryName,
  type ReleaseRecord,
} from '@kdcube/release/internal';
import { withPlannedImages } from '../../images/released-images';
import { verifyImage } from '../../images/verify/verify';
import { inParallel } from '../../system/parallel';
import { isInterrupted } from '../../system/programs/signals';
import { deploymentsOf, servicesThatRun } from '../../targets/ecs/explain/deployments';
import { claimsOf, type Claims, findImage, type FoundImage, parseDigestOption } from '../../targets/ecs/explain/find-image';
import { findBundle, readCommit } from '../../targets/ecs/explain/git-evidence';
import { readAllRecords, recordsOf } from '../../targets/records/records';
import { diskFiles } from '../../workspace/disk';
import { environmentRegistry, openEnvironment } from '../../workspace/environment';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { requireRegistry, resolveRegistries, uniqueRegistries, withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { releaseImageOptions } from '../release-images';
import { runExecutor, type Task } from '../run-task';
import { type Explanation, printExplanation } from './print';
import type { ExplainOptions } from './schema';

/** Explains an image, from the registry, git, the release records and ECS. What cannot be read is named; only an unknown image is an error. */
export default function explain(options: ExplainOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const { root, plugin, log } = task;
    const wanted = parseDigestOption(options.digest);
    const workspace = readWorkspaceLenient(root, plugin);
    const registries = resolveRegistries(options, plugin);
    const unknown: string[] = [];
    const environments: { environment: Environment; registry: RegistryName }[] = [];
    for (const name of environmentNames(diskFiles(root)).names)
      await orUnknown(`the environment ${name}`, unknown, async () => {
        const { environment } = openEnvironment(workspace, name);
        environments.push({ environment, registry: environmentRegistry(environment, registries) });
      });
    const configured = [...(registries.registry ? [registries.registry] : []), ...environments.map(({ registry }) => registry)];
    if (configured.length === 0) requireRegistry(registries);
    const names = uniqueRegistries(configured);
    const records: ReleaseRecord[] = [];
    for (const name of names)
      await orUnknown(
        `the release records of ${name.host}`,
        unknown,
        async () => void records.push(...(await readAllRecords(recordsOf(name, log)))),
      );
    const images = builtImageNames(workspace.workspace);
    const found = await findImage(wanted, { registries: names, images, records }, log);
    const claims = found.config && claimsOf(found.config);
    const explanation: Explanation = {
      found,
      ...(claims && { claims }),
      content: await contentProof(task, options, found, claims, unknown),
      bundles: await inParallel(claims?.bundles ?? [], 4, (bundle) => findBundle(root, bundle)),
      deployments: await withAuthors(root, deploymentsOf(records, found.related)),
      running: await runningServices(environments, found, unknown),
      unknown,
    };
    printExplanation(explanation, log);
  });
}

/** Whether the image is what this checkout gives. `undefined`: this checkout has other content, or it cannot be computed here. */
async function contentProof(
  { root, plugin, log }: Task,
  options: ExplainOptions,
  { image, manifest, place }: FoundImage,
  claims: Claims | undefined,
  unknown: string[],
): Promise<'verified' | undefined> {
  if (claims?.key === undefined) return undefined;
  return orUnknown('whether this checkout gives this image', unknown, async () => {
    const open = await openRelease(root, plugin);
    const trust = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release));
    const planOptions = { platform: trust.platform, args: options.args, offline: true };
    return withPlannedImages(open, [image], planOptions, log, async ([job]) => {
      if (job === undefined || job.plan.key !== claims.key) return undefined;
      const verdict = await verifyImage(job, { ...manifest, place: `${place.registry.host}/${place.repository}` }, trust, log);
      return verdict.by === 'content' ? 'verified' : undefined;
    });
  });
}

async function withAuthors(root: string, deployments: ReturnType<typeof deploymentsOf>): Promise<Explanation['deployments']> {
  return inParallel(deployments, 4, async (deployment) => {
    const info = deployment.commit === undefined ? undefined : await readCommit(root, deployment.commit);
    return { ...deployment, ...(info && { author: info.author, subject: info.subject }) };
  });
}

async function runningServices(
  environments: readonly { environment: Environment }[],
  { related }: FoundImage,
  unknown: string[],
): Promise<Explanation['running']> {
  const running: Explanation['running'] = [];
  for (const { environment } of environments) {
    if (environment.services.some(({ target }) => target !== 'ecs'))
      unknown.push(`what runs on the compose host of ${environment.name}`);
    if (!environment.services.some(({ target }) => target === 'ecs')) continue;
    await orUnknown(`what runs in ${environment.name}`, unknown, async () => {
      const services = await servicesThatRun(environment, related);
      running.push(...services.map((service) => ({ environment: environment.name, ...service })));
    });
  }
  return running;
}

/** An explanation without one of its parts is still useful: the part is named, with the reason. */
async function orUnknown<T>(what: string, unknown: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    unknown.push(`${what}: ${error.problems[0]!.message.split('\n')[0]!}`);
    return undefined;
  }
}
