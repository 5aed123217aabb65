import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ONCE } from '../document/once';
import { KdcubeError, quoted, type Problem } from '../problem/problem';

const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** `<configuration>.source.json`: where a copy of the platform's configuration comes from. A small committed file, like a pin. */
const ProxySource = z.strictObject({
  source: z.literal(1),
  /** As in release.yaml. */
  repo: z.string(),
  /** platform.ref */
  ref: z.string(),
  commit,
  /** The file in the platform's repository. */
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ProxySource = z.infer<typeof ProxySource>;

/** The folder of the proxy in the workspace. */
export const PROXY_FOLDER = 'images/kdcube-web-proxy';
export const PROXY_IMAGE = 'kdcube-web-proxy';

export function sourceFile(config: string): string {
  return `${config}.source.json`;
}

export function printSource(source: ProxySource): string {
  return `${JSON.stringify(source, null, 2)}\n`;
}

/** undefined if it is missing or invalid. */
export function readSource(text: string | undefined): ProxySource | undefined {
  try {
    const parsed = ProxySource.safeParse(JSON.parse(text ?? ''), ONCE);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export interface CopiedConfig {
  /** Its file in the workspace. */
  file: string;
  content: Uint8Array | undefined;
  source: string | undefined;
}

/** The text of a copy that is the platform's own at this ref. Else a Problem `proxy-stale`: our edit is checked again with every platform. */
export function requireCurrent({ file, content, source: text }: CopiedConfig, ref: string): string {
  const stale = (message: string): never => {
    const problem: Problem = { code: 'proxy-stale', message, hint: updateCommand(file), at: { file } };
    throw new KdcubeError(problem);
  };
  if (content === undefined)
    return stale(`${file} does not exist: the platform’s configuration of the proxy has not been copied yet.`);
  const source = readSource(text);
  if (!source) return stale(`${sourceFile(file)} does not say which platform ${file} comes from.`);
  if (source.ref !== ref)
    return stale(`${file} is the configuration of the platform ${quoted(source.ref)}, and release.yaml has ${quoted(ref)}.`);
  if (source.sha256 !== sha256Of(content))
    return stale(`${file} was edited: it is no longer the platform’s own. Changes belong into proxy: of the environment.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new KdcubeError({ code: 'not-text', message: `${file} is not UTF-8 text.`, hint: updateCommand(file), at: { file } });
  }
}

function updateCommand(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return `nx g @kdcube/nx:image ${PROXY_IMAGE} --config=${/^[\w.-]+$/.test(name) ? name : 'nginx_proxy.conf'}`;
}
