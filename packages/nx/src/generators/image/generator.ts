import * as path from 'node:path';
import { KdcubeError, readWorkspace } from '@kdcube/release/internal';
import { generateFiles, logger, readNxJson } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText } from '../release-text';
import { treeFiles } from '../tree-files';
import { DOCKERFILES, nameIsFree, planImage } from './plan';
import { writeProxyConfig } from './proxy';
import { ImageOptions, type ImageKind } from './schema';

export default function imageGenerator(tree: Tree, raw: ImageOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => writeImage(tree, raw));
}

async function writeImage(tree: Tree, raw: ImageOptions): Promise<GeneratorCallback | void> {
  const { name, kind: wanted, config } = readGeneratorOptions(ImageOptions, raw);
  const { folder, kind } = planImage(name, wanted);
  if (kind === 'web-proxy') return writeProxyConfig(tree, name, config);
  if (config !== undefined) throw notOfKind(kind);
  // An existing Dockerfile belongs to its author: running the generator again changes nothing.
  if (tree.exists(`${folder}/${DOCKERFILES[kind]}`)) return;
  const release = readReleaseText(tree)?.release;
  const bundles = release?.bundles ?? [];
  nameIsFree(
    tree,
    folder,
    name,
    bundles.map(({ id }) => id),
  );
  generateFiles(tree, path.join(__dirname, 'files', kind), folder, {});
  if (kind === 'web-ui') return () => logger.info(nextSteps(name, release?.frontend !== undefined));
}

function nextSteps(name: string, hasFrontend: boolean): string {
  const pin = hasFrontend ? '' : 'frontend: {repo: …, ref: …} in release.yaml, ';
  return `Next: ${pin}nx sync, nx run ${name}:docker-push; then frontend: in each environment (docs/frontend.md).`;
}

function notOfKind(kind: ImageKind): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: `--config belongs to the kind web-proxy, and this image is a ${kind}.`,
    hint: 'nx g @kdcube/nx:image kdcube-web-proxy --config=nginx_proxy.conf',
  });
}

/** The processor and the code execution, for a workspace that is new (`isFirst`: also where one of them is made elsewhere) or has no image. */
export async function writeFirstImages(tree: Tree, isFirst: boolean): Promise<void> {
  const options = pluginOptions(readNxJson(tree));
  const { images } = readWorkspace(treeFiles(tree), options);
  const elsewhere = Object.keys(options.images ?? {});
  if (images.length > (isFirst ? elsewhere.length : 0)) return;
  for (const name of ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'])
    if (!elsewhere.includes(name)) await imageGenerator(tree, { name });
}
