/**
 * What tools of your own can use: read a release, its environments and pins; compute content keys and descriptors; read plans, receipts and release records. Everything is pure: text and values in, values and
 * Problems out, no disk and no network. api.md lists each name with its signature.
 */

// Problems: every failure that a person can cause
export { formatProblem, formatProblems, KdcubeError, type Place, type Problem } from './problem/problem';
export { type ProblemCode, PROBLEMS } from './problem/codes';

// release.yaml
export { mustReadRelease, readRelease, type ReadRelease } from './release/read';
export {
  type Bundle,
  type FrontendSource,
  type PinnedBundle,
  type Release,
  ReleaseOptions,
  type WorkspaceBundle,
  WrittenBundle,
  WrittenRelease,
} from './release/release';

// environments/*.yaml
export type {
  Bundling,
  Environment,
  Exec,
  FargateTask,
  HealthCheck,
  Mount,
  Service,
  ServiceImage,
  Target,
} from './environment/environment';
export type { EnvironmentFiles } from './environment/list';
export { mustReadEnvironment, readEnvironment, type ReadEnvironment } from './environment/read-environment';
export { WrittenEnvironment } from './environment/written';

// Pins and the workspace
export { type BuiltPlatformImage } from './release/built-images';
export { type PublishedImage } from './release/published-images';
export {
  type Files,
  type ImageFolder,
  readWorkspace,
  RELEASE_FILE,
  type Workspace,
  type WorkspaceOptions,
} from './image/workspace';
export {
  BuiltPin,
  BundlePin,
  bundlePinFile,
  FrontendPin,
  ImagePin,
  imagePinFile,
  PlatformPin,
  platformPinFile,
  readPin,
} from './release/pin';

// What the platform is configured with
export { type DescriptorOptions, type DescriptorPlan, planDescriptor } from './descriptor/descriptor';

// Content keys
export { contentKey, type ImageContents, type ImagePlan, planImage } from './image/image';

// Plans, receipts and release records
export { DeployPlan } from './deploy/deploy-plan';
export { readPlan } from './deploy/plan-file';
export { RecordedBundle, RecordedService, ReleaseRecord } from './deploy/record';
export { EXIT_CODES } from './deploy/exit-codes';
export {
  BuildReceipt,
  BundleContent,
  DescriptorReceipt,
  MirrorReceipt,
  OUT,
  PushReceipt,
  readReceipt,
  StageReceipt,
} from './release/receipts';
