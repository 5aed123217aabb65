/** For the packages of this repository only: names here come and go with any version. What is kept is in index.ts. */
export * from './index';

// problem
export { longPath } from './bundle/stage/names';
export { isObjectName, OBJECT_NAME_REASON } from './document/object-names';
export { nxProjectName, projectNamed } from './image/nx-projects';
export { isOnlyAdded } from './document/only-added';
export { commentsOf } from './document/comments';
export { LIMITS } from './problem/limits';
export { formatPlace, printable, printableJson, printableLines, quoted } from './problem/problem';

// document
export { MAX_SCANNED_BYTES, type SecretInFile, secretsInFile } from './secrets/check-file';
export { secretRules } from './secrets/detect';
export { secretFileRule } from './secrets/file-names';
export { distance } from './document/distance';
export { isMapping } from './document/layers';
export { ONCE } from './document/once';

// platform
export { isPythonKeyword } from './platform/python-names';
export { idProblem } from './platform/bundle-id';
export { calendarVersion, type Generation, generationRow, generations } from './platform/generation';

// release
export { addBundle, type NewBundle, setText } from './release/edit';
export { builtPlatformImages } from './release/built-images';
export { isPlatformImage, platformImages } from './platform/images';
export { type AnyPin, BUILT_BASE, FRONTEND_PIN, halfPin, type ImageQuestion, PINS, printPin, requirePin } from './release/pin';
export { printReceipt } from './release/receipts';
export {
  isDigest,
  isHost,
  isRepository,
  manifestName,
  parseImageReference,
  parseRegistry,
  type RegistryName,
  repositoryOf,
  shown,
  ecrRegion,
} from './release/reference';
export { isCommit, isLoopback, normalPath, sameRepo, shownUrl, unsafePath, withoutSecrets } from './release/refs';
export { parseRepo } from './release/repo-url';
export { BUNDLES_ROOT, bundlePlaces } from './release/release';
export { type RepoAddress, resolveRepo } from './release/repos';
export { newerTags } from './release/newer-tags';
export { type PinnedPart, setRef } from './release/set-ref';
export { checkTag, customerTags, DEFAULT_TAG_PREFIX, isTag, type ImageTag, platformTags, tagSafe } from './release/tags';

// proxy
export { deriveProxyConfig } from './proxy/derive';
export { parseNginx } from './proxy/nginx';
export {
  printSource,
  PROXY_FOLDER,
  PROXY_IMAGE,
  type ProxySource,
  readSource,
  requireCurrent,
  sha256Of,
  sourceFile,
} from './proxy/source';

// environment
export { parseSshHost, shownSshHost, type SshHost } from './environment/host';
export { shownReference } from './environment/secret-reference';
export { type AwsSecretReference, fetchedSecrets, fetchedSecretsFile, secretRegion } from './environment/fetched-secrets';
export { chosenEnvironment, environmentFile, environmentNames, isEnvironmentName } from './environment/list';

// bundle
export { dependencyNote, isDependencyFile } from './bundle/source/dependencies';
export { checkBundleSource } from './bundle/source/source';
export { findVenvs } from './bundle/source/venv';
export { readRequirements } from './bundle/requirements/read-requirements';
export { checkRequirements, type RequirementsCheck } from './bundle/requirements/check-requirements';
export { LFS_LIMIT, planStage, type StagePlan, type TreeEntry } from './bundle/stage/stage';

// image
export { BOOT_NAME, bootCommand, bootEntries, type BootEntry, bootRequest, PYTHONS } from './image/boot/boot';
export { type BootedImage, bootProblems, imageProblem, shownReport } from './image/boot/problems';
export {
  type BootEnding,
  type BootOutcome,
  type BootReport,
  type BootRound,
  bootSummary,
  endBootRound,
  followBoot,
  newBootRound,
} from './image/boot/report';
export { buildArgProblems } from './image/build-args';
export { type Dockerfile, pinBases, PLATFORM_REF_ARG, readDockerfile } from './image/dockerfile/dockerfile';
export { type ExternalBase, REGISTRY_ARGS } from './image/dockerfile/scan';
export { builtBaseImage, DEFAULT_PLATFORM, pinnedContents, platformArgs } from './image/image';
export { platformBase } from './image/platform-base';
export type { ContextEntry } from './image/recipe/files/context';
export type { LayerEntry } from './image/recipe/files/copy';
export { clonedRepositories, cloneName, pinClones } from './image/recipe/files/cloned-repositories';
export { neededFiles } from './image/recipe/files/needed-files';
export { missingSources, type MissingSource } from './image/recipe/files/missing-sources';
export { evaluateRecipe } from './image/recipe/evaluate';
export { type Ignore, readIgnore } from './image/recipe/files/ignore';
export { byPath, planLayers, type PlannedLayer } from './image/recipe/layers';
export { isRefusal, readRecipe, type Recipe, type Refusal } from './image/recipe/recipe';
export { type ImageSettings, printedSettings, SCRATCH } from './image/recipe/settings';
export type { EvaluatedRecipe } from './image/recipe/steps';
export { type BaseTree, EMPTY_TREE } from './image/recipe/files/tree';
export { BUNDLES_LABEL, readBundles } from './image/bundles-label';
export { listChanges } from './image/changes';
export { builtImageNames, requireRelease } from './image/workspace';

// provenance
export { BUNDLE_TYPE } from './provenance/envelope';
export { keyId, readPublicKeys, requireSupported, type PublicKey } from './provenance/keys';
export { judgeSignature, type SignedImage, signImage } from './provenance/signature';
export { PREDICATE_TYPE, type ProvenanceFacts } from './provenance/statement';

// env
export type { BundleClone, WorkspaceSource } from './descriptor/git-source';
export { bundlesInDescriptor } from './deploy/normalize-descriptor';
export { descriptorIn } from './targets/ecs/plan/reuse-registered-text';
export { descriptorOptions, type PlannedFile } from './env/bundles';
export { iamPolicy } from './targets/ecs/iam-policies';
export { repositorySettings, type RepositorySettings, type RepositoryUse } from './targets/ecs/repositories/repository-settings';
export { platformSecret, secretsPrefix } from './descriptor/aws-sm';
export { hasBundleLogin, secretsProvider } from './platform/login';
export { gitModeFacts } from './platform/git-mode';
export { envFile } from './env/env-file';
export { type EnvPlan, renderEnv, type ServiceEnv } from './env/env';

// import
export { type ImportedEnvironment, importEnvironment } from './import/environment';
/** @public Printed into docs/ by tools/docs.mjs. */
export { IMPORT_REASONS } from './import/reasons';
export type { FoundExec, FoundService, ImportNote } from './import/types';

// deploy
export { accountMatches } from './deploy/checks/account';
export { applyCheck, applyInOrder, type Check, type CheckInfo, type CheckResult, findProblem } from './deploy/checks/check';
export { clusterActive } from './deploy/checks/cluster';
export { formatLogLine, type LogLine, type LogTime, parseLogStart } from './deploy/log-lines';
export { hostArchitecture, hostClock, hostCompose, hostDisk, hostFolder, hostPort } from './deploy/checks/host';
/** @public Printed into docs/ by tools/docs.mjs. */
export { CHECKS } from './deploy/checks/index';
export { bundlePushed, imageGit } from './deploy/checks/bundle';
export { imageExists, imageLayers, imagePlatform, imagePushed, imagePython, imageSigned } from './deploy/checks/image';
export { logGroupExists } from './deploy/checks/log-group';
export {
  networkAddresses,
  networkVpc,
  securityGroupExists,
  securityGroupVpc,
  subnetExists,
  targetGroupVpc,
  vpcsOf,
} from './deploy/checks/network';
export { fargateQuota, taskQuota } from './deploy/checks/quota';
export { repositoryExists, repositoryLifecycle } from './deploy/checks/repository';
export { executionRoleSet, rolePermission, roleTrust } from './deploy/checks/role';
export { parameterExists, secretExists, secretHasKey, sessionSecretExists } from './deploy/checks/secret';
export { serviceCircuitBreaker, type ServiceFacts, UPDATE_CHECKS } from './deploy/checks/service';
export { accessPointAvailable, fileSystemAvailable, mountTargetInZone, nfsAllowed } from './deploy/checks/storage';
export { serviceDeployment, serviceStrategy } from './deploy/checks/strategy';
export {
  loadBalancerIdleTimeout,
  targetGroupAttached,
  targetGroupContainer,
  targetGroupPort,
  targetGroupType,
} from './deploy/checks/target-group';
export type { Clock, StopSignal } from './deploy/clock';
export { bundlesFromLabels } from './deploy/compare-bundles';
export { isEmptyPlan, type PlanSchema, type ReadablePlan, ServiceStep, type ServiceValues } from './deploy/deploy-plan';
export { exitCode } from './deploy/exit-codes';
export { planContent, planOutcome, readPlanOf } from './deploy/plan-file';
export type { EnvironmentStatus } from './deploy/environment-status';
export { isRecorded, lastGood, printRecord } from './deploy/record';
export {
  planPrune,
  protects,
  type PrunePlan,
  type PruneRules,
  referrerSubject,
  type Removal,
  type StoredManifest,
} from './deploy/prune';
export { printPlan } from './deploy/render/json';
export { renderPlanMarkdown } from './deploy/render/markdown';
export { renderPlanText } from './deploy/render/text';
export { familyRevision, shortImage } from './deploy/short-names';

// targets/ecs
export { containerOfService, sidecarNotes } from './targets/ecs/import/container';
export { foundExec, foundOnEcs } from './targets/ecs/import/ecs';
export { descriptorPrefix } from './targets/ecs/aws-sm/secrets-place';
export { readStoredDescriptor, type StoredDescriptor } from './targets/ecs/aws-sm/stored-descriptor';
export { chooseRollbackRecord } from './targets/ecs/plan/choose-record';
export type { PlannedDeploy } from './targets/ecs/plan/deploy-input';
export { planReadiness } from './targets/ecs/plan/plan-readiness';
export { planDeploy } from './targets/ecs/plan/plan-deploy';
export { planRollback } from './targets/ecs/plan/plan-rollback';
export { execImageOf, type Running, runningFromRecord, type RunningService, variablesOf } from './targets/ecs/plan/running';
export { type CarriedOver, recordDeploy } from './targets/ecs/records/record-deploy';
export { statusOf } from './targets/ecs/records/status';
export { rollOut } from './targets/ecs/rollout/engine';
export type { RolloutEvent } from './targets/ecs/rollout/events';
export { findLock, LOCK_TAG } from './targets/ecs/rollout/lock';
export type { Outcome } from './targets/ecs/rollout/outcome';
export type {
  Ecs,
  Images,
  SecretValue,
  ServiceDeploymentState,
  Readiness,
  ServiceState,
  StrategySettings,
  TargetHealth,
  TargetHealthState,
  TaskState,
  WriteSecretRequest,
} from './targets/ecs/rollout/port/port';
export { isConflict } from './targets/ecs/rollout/port/retries';
export type { ReadinessAnswer } from './deploy/readiness/answer';
export { isTaskDefinition, toServiceState, toTaskState } from './targets/ecs/rollout/port/responses';
export { toServiceDeployment, toStrategySettings } from './targets/ecs/rollout/port/strategy-response';
export {
  describeOpenDeployment,
  describeStage,
  isInProgress,
  isNative,
  isOpen,
  pausedHook,
  type Stage,
  STAGES,
} from './targets/ecs/rollout/native/stages';
export type { RolloutOptions } from './targets/ecs/rollout/rollout';
export type { RegistryImage } from './targets/ecs/task-definition/expected-digests';
export { addFiles, filesInDefinition, type Packing } from './targets/ecs/task-definition/files';
export { type Permission, requiredPermissions } from './targets/ecs/task-definition/permissions';
export { readTaskDefinition } from './targets/ecs/task-definition/read-task-definition';
export { roleArn } from './targets/ecs/task-definition/render-task-definition';
export type { TaskDefinition } from './targets/ecs/task-definition/task-definition';
export { serviceContainer } from './targets/ecs/task-definition/update-task-definition';

// targets/compose
export { ComposePlan } from './targets/compose/plan/compose-plan';
export { type HostRelease, lastGoodRelease, parseHostRelease, printHostRelease } from './targets/compose/plan/host-release';
export type { HostContainer } from './targets/compose/plan/host-state';
export { planCompose, type PlannedCompose } from './targets/compose/plan/plan-compose';
export { planComposeRollback, type RollbackInput } from './targets/compose/plan/plan-rollback';
export { readAssembly } from './targets/compose/plan/read-assembly';
export { recordCompose } from './targets/compose/plan/record-compose';
export { composeStatus } from './targets/compose/plan/status';
export { type BaseConfig, publishedPorts, readBaseConfig } from './targets/compose/render/base-config';
export { OWN_FOLDER } from './targets/compose/render/host-files';
export { composeServices, missingService } from './targets/compose/render/render-release';
export { HASH_LABEL, hashOfBase, hostPath } from './targets/compose/render/render-service';
export { withoutSecretFiles } from './targets/compose/rollout/check-config';
export { rollOutCompose } from './targets/compose/rollout/engine';
export { composeFailed, withoutValues } from './targets/compose/rollout/failure';
export type { ComposeOutcome } from './targets/compose/rollout/outcome';
export type { ComposeEvent, ComposeHost } from './targets/compose/rollout/port';
/** @public Printed into docs/ by tools/docs.mjs. */
export { COMPOSE_KEYS } from './targets/compose/compose-file/compose-keys';
export { composePlace, foundInCompose } from './targets/compose/import/compose';

// setup
export { IGNORED, withIgnored } from './setup/gitignore';
export { discover, type Discovery } from './setup/discover';
export { convertRelease, type ConvertedRelease } from './setup/from';
export { firstReleaseName, RELEASE_HEAD } from './setup/new-release';
export { commandsOf, type PackageManager } from './setup/package-manager';
