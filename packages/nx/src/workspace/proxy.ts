import { deriveProxyConfig, type Environment, type Release, requireCurrent, sourceFile } from '@kdcube/release/internal';
import { readWorkspaceFile } from './disk';

/** The environment with the configuration of its proxy, derived from the platform's own. Problems `proxy-stale`, `proxy-unfit` and the like. */
export function withProxyConfig(root: string, environment: Environment, { platform }: Release): Environment {
  const { proxy } = environment;
  if (!proxy) return environment;
  const file = proxy.config;
  const source = readWorkspaceFile(root, sourceFile(file))?.toString('utf8');
  const text = requireCurrent({ file, content: readWorkspaceFile(root, file), source }, platform.ref ?? '');
  return { ...environment, proxy: { ...proxy, rendered: deriveProxyConfig({ text, file, settings: proxy.settings }) } };
}
