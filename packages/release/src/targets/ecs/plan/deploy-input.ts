import type { DeployPlan, ServiceValues } from '../../../deploy/deploy-plan';
import type { Environment } from '../../../environment/environment';
import type { Release } from '../../../release/release';
import type { DescriptorPlan } from '../../../descriptor/descriptor';
import type { RegistryImage } from '../task-definition/expected-digests';
import type { TaskDefinition } from '../task-definition/task-definition';
import type { StoredDescriptor } from '../aws-sm/stored-descriptor';
import type { Running } from './running';
import type { ReleaseRecord, RecordedBundle } from '../../../deploy/record';
import type { BundleContent } from '../../../release/receipts';
import type { Packing } from '../task-definition/files';

export interface DeployInput {
  environment: Environment;
  release: Release;
  /** The release's name. */
  name: string;
  /** The workspace's commit, if the whole release is committed. */
  commit?: string;
  /** Files of the release, relative to the workspace, with uncommitted changes. */
  uncommitted: readonly string[];
  /** planDescriptor(release, pins, descriptorOptions(environment)) */
  descriptor: DescriptorPlan;
  /** The images of the release by name: full references by digest. */
  images: ReadonlyMap<string, string>;
  /** What the registry has for each reference. */
  registryImages: ReadonlyMap<string, RegistryImage>;
  /** Why an image differs from the running one, one phrase each, by its new reference. */
  imageReasons: ReadonlyMap<string, readonly string[]>;
  /** The task definitions that the environment names by path, by service. */
  customDefinitions: ReadonlyMap<string, TaskDefinition>;
  running: Running;
  /** The record of the last successful deploy to this environment. */
  record?: ReleaseRecord;
  /** With `descriptor: aws-sm`: what Secrets Manager has. Undefined offline. */
  storedDescriptor?: StoredDescriptor;
  bundles: readonly RecordedBundle[];
  /** The bundles in the labels of proc's running image. */
  runningBundles?: readonly BundleContent[];
  /** The subject lines of commits, by commit; without those that are not available locally. */
  subjects: ReadonlyMap<string, string>;
  assembly?: unknown;
  /** Whether proc's image has git, if that is known. */
  imageHasGit?: boolean;
  /** How a task definition carries files: compressed, in one variable. */
  packing: Packing;
}

export interface PlannedDeploy {
  plan: DeployPlan;
  /** The values before and after of variables that change, for `--values`. Without those that look like a secret. Never written to a file. */
  values: ServiceValues;
}
