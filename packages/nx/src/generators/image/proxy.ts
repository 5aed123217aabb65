import {
  KdcubeError,
  parseNginx,
  printSource,
  PROXY_FOLDER,
  PROXY_IMAGE,
  quoted,
  readSource,
  sha256Of,
  sourceFile,
} from '@kdcube/release/internal';
import { type GeneratorCallback, logger, type Tree } from '@nx/devkit';
import { readReleaseText, RELEASE_FILE } from '../release-text';
import { fetchConfig } from './fetch-config';

/** Copies the platform's configuration at platform.ref, byte for byte. The deploy derives ours from it; a copy that was edited is refused. */
export async function writeProxyConfig(tree: Tree, name: string, wanted = 'nginx_proxy.conf'): Promise<GeneratorCallback | void> {
  if (name !== PROXY_IMAGE)
    throw new KdcubeError({
      code: 'wrong-option',
      message: `The proxy is the platform’s own image, ${PROXY_IMAGE}: only its configuration is changed, so it cannot be called ${quoted(name)}.`,
      hint: `nx g @kdcube/nx:image ${PROXY_IMAGE}`,
    });
  const release = readReleaseText(tree)?.release;
  if (!release)
    throw new KdcubeError({
      code: 'file-missing',
      message: `There is no ${RELEASE_FILE} at the root of this workspace.`,
      hint: 'nx g @kdcube/nx:release    writes one',
    });
  const file = `${PROXY_FOLDER}/${fileName(wanted)}`;
  const before = readSource(tree.read(sourceFile(file), 'utf-8') ?? undefined);
  const copy = tree.read(file);
  // Another configuration of the same name stays what it is when it is updated.
  const path = wanted.includes('/') ? wanted : (before?.path ?? wanted);
  const { content, source } = await fetchConfig(tree.root, release, path);
  parseNginx(content.toString('utf8'), file);
  if (copy && before && sha256Of(copy) !== before.sha256)
    throw new KdcubeError({
      code: 'proxy-stale',
      message: `${file} was edited, and would be replaced by the platform’s own. Changes belong into proxy: of the environment.`,
      hint: `git checkout ${file}    or git rm ${file}`,
      at: { file },
    });
  if (before?.sha256 === source.sha256 && before.ref === source.ref && before.path === source.path) return;
  tree.write(file, content);
  tree.write(sourceFile(file), printSource(source));
  return () =>
    logger.info(
      `${file} is ${source.path} of the platform ${source.ref}. Next: proxy: in environments/<name>.yaml, then nx run release:plan:<name>.`,
    );
}

function fileName(wanted: string): string {
  const name = wanted.slice(wanted.lastIndexOf('/') + 1);
  if (/^[\w-][\w.-]*$/.test(name) && !/(?:^|\/)\.\.?(?:\/|$)/.test(wanted) && !wanted.startsWith('/')) return name;
  throw new KdcubeError({
    code: 'unsafe-path',
    message: `--config is ${quoted(wanted)}, which is not a file of the platform’s repository.`,
    hint: '--config=nginx_proxy.conf',
  });
}
