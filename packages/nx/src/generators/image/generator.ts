import * as path from 'node:path';
import { KdcubeError, readWorkspace } from '@kdcube/release/internal';
import { generateFiles, logger, readNxJson } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { readGeneratorOptions } from '../read-options';
import { runGenerator } from '../run-generator';
import { readReleaseText } from '../release-text';
import { treeFiles } from '../tree-files';
import { bakedConfig, requireBaked } from './bake';
import { DOCKERFILES, nameIsFree, planImage } from './plan';
import { writeProxyConfig } from './proxy';
import { ImageOptions, type ImageKind } from './schema';

export default function imageGenerator(tree: Tree, raw: ImageOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => writeImage(tree, raw));
}

async function writeImage(tree: Tree, raw: ImageOptions): Promise<GeneratorCallback | void> {
  const { name, kind: wanted, config, bake } = readGeneratorOptions(ImageOptions, raw);
  const { folder, kind } = planImage(name, wanted);
  if (bake !== undefined && kind !== 'web-ui') throw notOfKind('bake', kind);
  if (kind === 'web-proxy') return writeProxyConfig(tree, name, config);
  if (config !== undefined) throw notOfKind('config', kind);
  // An existing Dockerfile belongs to its author: running the generator again changes nothing.
  if (tree.exists(`${folder}/${DOCKERFILES[kind]}`)) return bake === undefined ? undefined : requireBaked(tree, folder);
  const release = readReleaseText(tree)?.release;
  const bundles = release?.bundles ?? [];
  nameIsFree(
    tree,
    folder,
    name,
    bundles.map(({ id }) => id),
  );
  const baked = bake === undefined ? undefined : bakedConfig(tree, bake);
  generateFiles(tree, path.join(__dirname, 'files', kind), folder, { isBaked: baked !== undefined });
  if (baked !== undefined) tree.write(`${folder}/config.json`, baked);
  if (kind === 'web-ui') return () => logger.info(nextSteps(name, release?.frontend !== undefined, bake));
}

function nextSteps(name: string, hasFrontend: boolean, bake?: string): string {
  const pin = hasFrontend ? '' : 'frontend: {repo: …, ref: …} in release.yaml, ';
  const config =
    bake === undefined
      ? 'then frontend: in each environment'
      : `then image: ${name} in environments/${bake}.yaml, without frontend:`;
  return `Next: ${pin}nx sync, nx run ${name}:docker-push; ${config} (docs/frontend.md).`;
}

function notOfKind(option: 'bake' | 'config', kind: ImageKind): KdcubeError {
  const [owner, example] =
    option === 'config' ? ['web-proxy', 'web-proxy --config=nginx_proxy.conf'] : ['web-ui', 'web-ui --bake=prod'];
  return new KdcubeError({
    code: 'wrong-option',
    message: `--${option} belongs to the kind ${owner}, and this image is a ${kind}.`,
    hint: `nx g @kdcube/nx:image kdcube-${example}`,
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
