import type { Environment } from '../environment/environment';
import type { Release } from '../release/release';
import type { DescriptorPlan } from '../descriptor/descriptor';

/** What the configuration of the services is rendered from. */
export interface EnvInput {
  environment: Environment;
  release: Release;
  /** planDescriptor(release, pins, descriptorOptions(environment)) */
  descriptor: DescriptorPlan;
  /** The images of the release by name: full references by digest. */
  images: ReadonlyMap<string, string>;
  /** The exec task definition with its revision, once it is registered. */
  execTaskDefinition?: string;
  /** For one rollout: the rendered bundles and gateway overwrite those in Redis. */
  force?: boolean;
  /** assembly.yaml as plain data, if the platform gets one. */
  assembly?: unknown;
  /** Whether proc's image has git, if that is known. */
  imageHasGit?: boolean;
}
