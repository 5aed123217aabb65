import {
  type BaseConfig,
  type ComposePlan,
  composeServices,
  type Environment,
  hostPath,
  readAssembly,
} from '@kdcube/release/internal';
import type { Host } from '../host/host';

/** Plans with the files that the platform edits too, as the host has them. Which ones those are is known once the release is rendered. */
export async function withConfigFiles<
  Input extends { configFiles: ReadonlyMap<string, string> },
  Planned extends { plan: ComposePlan },
>(host: Host, plan: (input: Input) => Planned, input: Input): Promise<Planned> {
  const planned = plan(input);
  const found = new Map<string, string>();
  for (const { path } of planned.plan.content.configFiles) {
    const bytes = await host.readFile(path);
    if (bytes) found.set(path, Buffer.from(bytes).toString('utf8'));
  }
  return found.size === 0 ? planned : plan({ ...input, configFiles: found });
}

/** assembly.yaml of the host, in the folder that proc gets as /config. Undefined if there is none. */
export async function readHostAssembly(host: Host, environment: Environment, { services }: BaseConfig): Promise<unknown> {
  const proc = composeServices(environment).find(({ component }) => component === 'proc');
  const path = proc && hostPath('/config/assembly.yaml', proc, services.get(proc.serviceName) ?? {});
  const bytes = path === undefined ? undefined : await host.readFile(path);
  return bytes && readAssembly(bytes, path!);
}
