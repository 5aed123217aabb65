import type { ServiceEnv } from '../../../env/env';
import type { HostRelease } from './host-release';

/** The text of the last descriptor, where only refs and commits differ: the same bundles under a new tag restart nothing. `descriptor`: the new one, normalized. */
export function reuseDescriptor(
  services: readonly ServiceEnv[],
  last: HostRelease | undefined,
  descriptor: string,
): ServiceEnv[] {
  if (!last || descriptor === '' || last.content.descriptor !== descriptor) return [...services];
  const texts = [...last.content.files, ...last.content.configFiles];
  return services.map((each) => {
    const { AGENTIC_BUNDLES_JSON: inline } = each.env;
    const before = last.content.services[each.service]?.env.AGENTIC_BUNDLES_JSON;
    const isInline = inline?.startsWith('{') && before?.startsWith('{');
    return {
      ...each,
      env: isInline ? { ...each.env, AGENTIC_BUNDLES_JSON: before! } : each.env,
      files: each.files.map((file) => {
        const name = file.path.slice(file.path.lastIndexOf('/'));
        return { ...file, content: texts.find(({ path }) => path.endsWith(name))?.content ?? file.content };
      }),
    };
  });
}
