import type { ImageFolder, ImagePin, ImageQuestion } from '@kdcube/release/internal';
import {
  BUILT_BASE,
  buildArgProblems,
  builtBaseImage,
  DEFAULT_PLATFORM,
  imagePinFile,
  KdcubeError,
  PINS,
  pinnedContents,
  planImage,
  quoted,
  RELEASE_FILE,
  requirePin,
} from '@kdcube/release/internal';
import { findBundle } from '../workspace/bundles';
import { findFrontend } from '../workspace/frontend';
import type { Snapshot } from '../git/snapshot/snapshot';
import type { Log } from '../system/log';
import { settleAll } from '../system/parallel';
import type { Registries } from '../workspace/registries';
import type { OpenRelease } from '../workspace/workspace';
import { requireBundle } from '../workspace/workspace';
import { baseReferences } from './base-references';
import type { ImageJob, ImageOptions } from './job';
import { planPlatformJob } from './platform-job';

/** Plans one image from its own pin, never from the output of another task. */
export async function planImageJob(
  release: OpenRelease,
  name: string,
  snapshot: Snapshot,
  options: ImageOptions,
  log: Log,
): Promise<ImageJob> {
  const wrongArgs = buildArgProblems(options.args);
  if (wrongArgs.length > 0) throw new KdcubeError(wrongArgs);
  const ofPlatform = await planPlatformJob(release, name, snapshot, options, log);
  if (ofPlatform) return ofPlatform;
  const { folder, pin, question } = pinnedImage(release, name);
  const frontend = question?.frontend ? findFrontend(release, { ...options, log }) : undefined;
  // In parallel: the git queries of all folders are batched.
  const queries = [
    snapshot.tree(folder.path),
    // The commit tag names the release, so release.yaml and the pins must be committed too.
    snapshot.changed([RELEASE_FILE, PINS]),
    ...pin.bundles.map((id) => findBundle(release, requireBundle(release.release, id), snapshot, { ...options, log })),
  ] as const;
  // If one query fails, the snapshot must stay open while the others run.
  const [own, changed, ...bundles] = await settleAll(queries);
  if (!own)
    throw new KdcubeError({
      code: 'dockerfile-missing',
      message: `git finds no files in ${folder.path}.`,
      hint: `git check-ignore --verbose ${folder.path}    if a rule ignores it`,
      at: { file: folder.path },
    });
  const built = new Map<string, ImageJob>();
  for (const [base, digest] of Object.entries(pin.bases)) {
    const image = digest === BUILT_BASE ? builtBaseImage(base, release.release) : undefined;
    if (image !== undefined) built.set(base, await planImageJob(release, image, snapshot, { ...options, args: {} }, log));
  }
  const contents = pinnedContents(pin);
  for (const [base, { plan: on }] of built) contents.bases = { ...contents.bases, [base]: on.tag };
  const plan = planImage(name, {
    platform: options.platform ?? DEFAULT_PLATFORM,
    dockerfile: folder.dockerfile,
    files: own.tree,
    bundles: bundles.map(({ content }) => content),
    ...(frontend && { frontend: frontend.tree }),
    ...(question?.baked && { baked: question.baked }),
    args: options.args,
    ...contents,
  });
  const uncommitted = [
    ...changed,
    ...(own.committed ? [] : [folder.path]),
    ...bundles.filter(({ committed }) => !committed).map(({ place }) => place),
  ];
  const scanned = { subject: name, place: folder.path, allowAs: folder.path, allowed: release.release.allowedFiles };
  const references = (registries: Registries, log: Log) => baseReferences(release, pin, built, registries, log);
  const files = { tree: own.tree, open: async () => own.store, scanned };
  return { plan, folder, pin, bundles, ...(frontend && { frontend }), uncommitted, references, files };
}

/** An image's folder and its pin, which must be up to date with release.yaml and the Dockerfile. */
export function pinnedImage(
  { workspace }: OpenRelease,
  name: string,
): { folder: ImageFolder; pin: ImagePin; question?: ImageQuestion } {
  const found = workspace.pins.images.find(({ subject }) => subject.name === name);
  if (!found) {
    throw new KdcubeError({
      code: 'dockerfile-missing',
      message: `There is no image ${quoted(name)}: no folder images/${name} with a Dockerfile.`,
      // The generator has no Dockerfile for other names.
      hint: /(?:(?:chat-proc|exec)-bundled|web-ui)$/.test(name)
        ? `nx g @kdcube/nx:image ${name}`
        : `write images/${name}/Dockerfile, or correct the name`,
    });
  }
  const pin = requirePin(found.pin, found.fits, name, imagePinFile(name));
  return { folder: found.subject, pin, question: found.subject.question };
}
