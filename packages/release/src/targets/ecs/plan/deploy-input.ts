import type { DeployPlan, ServiceValues } from '../../../deploy/deploy-plan';
import type { Environment } from '../../../environment/environment';
import type { Release } from '../../../release/release';
import type { DescriptorPlan } from '../../../descriptor/descriptor';
import type { KnownImage } from '../task-definition/reported';
import type { TaskDefinition } from '../task-definition/task-definition';
import type { Running } from './running';
import type { ReleaseRecord, RecordedBundle } from '../../../deploy/record';
import type { BundleContent } from '../../../release/receipts';
import type { Packing } from '../task-definition/files';

export interface DeployInput {
  environment: Environment;
  release: Release;
  /** What people call the release. */
  name: string;
  /** Of the workspace, where all of the release is committed. */
  commit?: string;
  /** planDescriptor(release, pins, descriptorOptions(environment)) */
  descriptor: DescriptorPlan;
  /** The images of the release by name: full references by digest. */
  images: ReadonlyMap<string, string>;
  /** What the registry says of each reference. */
  knownImages: ReadonlyMap<string, KnownImage>;
  /** Why an image is another one than the one that runs, a phrase each, by its new reference. */
  reasons: ReadonlyMap<string, readonly string[]>;
  /** The definitions that stand in the environment by a path, by service. */
  own: ReadonlyMap<string, TaskDefinition>;
  running: Running;
  /** The last good one of this environment. */
  record?: ReleaseRecord;
  bundles: readonly RecordedBundle[];
  /** By the labels of proc's image that runs. */
  bundlesBefore?: readonly BundleContent[];
  /** The subjects of commits, where they can be read here. */
  subjects: ReadonlyMap<string, string>;
  assembly?: unknown;
  /** How files are put into task definitions. */
  packing: Packing;
}

export interface PlannedDeploy {
  plan: DeployPlan;
  /** The values before and after of variables that change, for whoever asks to see them; those that look secret are not here. Never in a file. */
  values: ServiceValues;
}
