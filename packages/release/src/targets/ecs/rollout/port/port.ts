import type { DeployPlan } from '../../../../deploy/deploy-plan';
import type { Problem } from '../../../../problem/problem';
import type { ReadinessAnswer } from '../../../../deploy/readiness/answer';
import type { TaskDefinition } from '../../task-definition/task-definition';

export interface DeploymentState {
  id: string;
  /** PRIMARY, ACTIVE, INACTIVE, DRAINING. */
  status: string;
  /** Its ARN, with the revision. */
  taskDefinition: string;
  desired: number;
  running: number;
  pending: number;
  failed: number;
  /** IN_PROGRESS, COMPLETED, FAILED. Absent in old regions and with other deployment controllers. */
  rollout?: string;
  reason?: string;
  createdAt?: number;
  updatedAt: number;
}

export interface ServiceEvent {
  id: string;
  at: number;
  message: string;
}

export interface ServiceState {
  name: string;
  arn: string;
  /** ACTIVE, DRAINING, INACTIVE. */
  status: string;
  taskDefinition: string;
  /** 0: scaled to 0, by a person or by autoscaling, or a daemon without an instance. */
  desired: number;
  running: number;
  pending: number;
  /** ECS, CODE_DEPLOY, EXTERNAL. */
  controller: string;
  /** It runs one task per instance: ECS decides its desired count. */
  isDaemon: boolean;
  deployments: DeploymentState[];
  /** Newest first, at most 100. ECS does not repeat an event for six hours. */
  events: ServiceEvent[];
  tags: Record<string, string>;
  /** ARNs of the target groups of its load balancers; of a Classic Load Balancer its name, which cannot be described here. */
  targetGroups: string[];
  /** The containers that its load balancers and its service registries name. */
  trafficContainers?: string[];
  hasCircuitBreaker: boolean;
  /** It has deployment alarms: after all tasks run, ECS waits for them, and may roll back. */
  hasAlarms: boolean;
  /** How ECS replaces its tasks. Absent in old regions: ROLLING. */
  strategy?: StrategySettings;
  /** Network and capacity, which a one-off task takes over. */
  placement: Record<string, unknown>;
}

/** Of deploymentConfiguration. */
export interface StrategySettings {
  /** ROLLING, BLUE_GREEN, LINEAR, CANARY. */
  name: string;
  /** Minutes that ECS waits by itself: while it shifts traffic, and in the bake. */
  shiftMinutes: number;
  bakeMinutes: number;
  /** Set if ECS may call a rolling deployment COMPLETED while tasks of the old revision run. */
  earlySuccess?: string;
}

/** A service deployment: what ECS does to bring a service to a revision, and how far it is. */
export interface ServiceDeploymentState {
  arn: string;
  /** PENDING, IN_PROGRESS, SUCCESSFUL, STOP_REQUESTED, STOPPED, ROLLBACK_REQUESTED, ROLLBACK_IN_PROGRESS, ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED. */
  status: string;
  reason?: string;
  /** Of a native strategy: PRE_SCALE_UP … CLEAN_UP. */
  stage?: string;
  createdAt?: number;
  finishedAt?: number;
  hooks: HookState[];
  target: RevisionState;
  sources: RevisionState[];
  triggeredAlarms: string[];
  /** The ARN of the service revision that ECS rolls back to. */
  rollbackRevision?: string;
}

interface RevisionState {
  /** Of the service revision. */
  arn: string;
  running: number;
  pending: number;
  requested: number;
  /** Percent of the production traffic. */
  production?: number;
}

interface HookState {
  id: string;
  /** AWS_LAMBDA or PAUSE. */
  type: string;
  target?: string;
  /** AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED, TIMED_OUT. */
  status: string;
  expiresAt?: number;
  /** CONTINUE or ROLLBACK: what ECS does when it expires. */
  timeoutAction?: string;
}

interface ContainerState {
  name: string;
  /** Of the image that it runs, once pulled. Some tasks do not report it. */
  digest?: string;
  /** HEALTHY, UNHEALTHY; UNKNOWN without a health check, and before the first one. */
  health?: string;
  exitCode?: number;
  reason?: string;
}

export interface TaskState {
  arn: string;
  taskDefinition: string;
  /** The id of a deployment, or what RunTask was given. */
  startedBy?: string;
  lastStatus: string;
  desiredStatus: string;
  health?: string;
  stopCode?: string;
  stoppedReason?: string;
  createdAt: number;
  /** When its containers started. Absent if they never did. */
  startedAt?: number;
  stoppedAt?: number;
  /** The private addresses of its network interfaces: a load balancer registers them as targets. */
  addresses?: string[];
  containers: ContainerState[];
}

/** A target of a target group of Elastic Load Balancing. */
export interface TargetHealth {
  /** An address, or the id of an instance. */
  id: string;
  state: TargetHealthState;
  /** `Target.FailedHealthChecks` */
  reason?: string;
}

export type TargetHealthState =
  'initial' | 'healthy' | 'unhealthy' | 'unhealthy.draining' | 'unused' | 'draining' | 'unavailable';

interface UpdateServiceRequest {
  service: string;
  taskDefinition: string;
  desired?: number;
}

interface RunTaskRequest {
  taskDefinition: string;
  /** The client token: ECS starts one task per token. */
  token: string;
  startedBy: string;
  placement: Record<string, unknown>;
  /** What one container runs instead of its own command. */
  command?: { container: string; command: string[] };
}

/** The current version of a secret. */
export interface SecretValue {
  version: string;
  text: string;
}

/** Secrets Manager ignores a repeated request with the same token, which becomes the id of the new version. */
export interface WriteSecretRequest {
  secret: string;
  text: string;
  token: string;
}

/** ECS in one cluster of one region. Every call may throw a Problem `aws-*`. Paging, batches and retries are the port's business. */
export interface Ecs {
  region: string;
  cluster: string;
  getAccountId(): Promise<string>;
  /** Services that do not exist are missing in the result. */
  describeServices(names: readonly string[]): Promise<ServiceState[]>;
  updateService(request: UpdateServiceRequest): Promise<ServiceState>;
  /** Returns the ARN of the new revision. */
  registerTaskDefinition(definition: TaskDefinition): Promise<string>;
  /** By ARN or family; undefined if it does not exist. */
  describeTaskDefinition(name: string): Promise<TaskDefinition | undefined>;
  /** ARNs of the ACTIVE revisions of a family, newest first. */
  listRevisions(family: string): Promise<string[]>;
  listServiceTasks(service: string, status: 'RUNNING' | 'STOPPED'): Promise<TaskState[]>;
  listFamilyTasks(family: string, status: 'RUNNING' | 'STOPPED'): Promise<TaskState[]>;
  describeTask(arn: string): Promise<TaskState | undefined>;
  describeTargetHealth(targetGroup: string): Promise<TargetHealth[]>;
  runTask(request: RunTaskRequest): Promise<TaskState>;
  /** The newest service deployments of a service, the newest first. */
  listServiceDeployments(service: string): Promise<ServiceDeploymentState[]>;
  /** The task definition of a service revision; undefined if it does not exist. */
  findRevisionDefinition(serviceRevision: string): Promise<string | undefined>;
  /** Lets a deployment continue that is paused at a hook. */
  continueDeployment(arn: string, hookId: string, action: 'CONTINUE' | 'ROLLBACK'): Promise<void>;
  /** Lets ECS roll a deployment back that is in progress. */
  rollBackDeployment(arn: string): Promise<void>;
  tagResource(arn: string, tags: Record<string, string>): Promise<void>;
  untagResource(arn: string, keys: readonly string[]): Promise<void>;
  /** The last lines of a log stream; none if it does not exist or may not be read. */
  readLastLines(stream: LogStream): Promise<string[]>;
  /** Its current version, or a certain one; undefined if it does not exist. */
  readSecret(secret: string, version?: string): Promise<SecretValue | undefined>;
  createSecret(request: WriteSecretRequest): Promise<void>;
  putSecret(request: WriteSecretRequest): Promise<void>;
}

/** The registries that tasks pull from. */
export interface Images {
  /** Whether an image exists for a platform: undefined if it does, `unknown` if the registry cannot be read. */
  findProblem(image: ImageRequest): Promise<Problem | 'unknown' | undefined>;
}

export interface ImageRequest {
  reference: string;
  /** `linux/amd64` */
  platform: string;
}

/** What of a deploy asks proc whether its bundles are ready. */
export interface Readiness {
  /** Sends one request, without following a redirect. Never throws. */
  ask(request: NonNullable<DeployPlan['readiness']>): Promise<ReadinessAnswer>;
}

interface LogStream {
  group: string;
  stream: string;
  /** How many lines. */
  limit: number;
}
