// What the double holds in memory: one account in one region ("world"), and what is in it. Times are virtual milliseconds since 1970; the views (…-view.mjs) turn them into what Amazon sends.
import type { Clock } from '../clock/clock.mjs';
import type { Ids } from './names.mjs';

/** One call of a client, as it was parsed. `request` is whatever the client sent: the operations read the members that they know. */
export interface Call {
  service: string;
  op: string;
  wire: 'json' | 'query';
  request: Request;
  region?: string;
  accessKey?: string;
  signedAt?: number;
}

/** JSON of a client. Untyped on purpose: no schema is applied before an operation reads it; conformance/validate.py checks all of it later. */
export type Request = ReturnType<typeof JSON.parse>;

/** A response to send. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Only half of the body is sent, then the connection is closed. */
  half?: boolean;
}

export interface Tag {
  key: string;
  value: string;
}

export type Cancel = () => void;

export interface World {
  clock: Clock;
  ids: Ids;
  /** The service scheduler: see reconcile.mjs. */
  reconcile(world: World, service: Service): void;
  region: string;
  account: string;
  /** Access key → account. */
  accounts?: Record<string, string>;
  started: number;
  timing: Timing;
  quirks: Quirks;
  rules: Rule[];
  images: Record<string, ImageEntry>;
  strictImages: boolean;
  registryUrl?: string;
  /** Cluster name → how many tasks fit; no entry: any number. */
  capacity: Record<string, number>;
  /** Cluster name → how many instances a daemon runs on; no entry: 1. */
  instances: Record<string, number>;
  staleReads?: StaleReads;
  /** What functions of lifecycle hooks answer, and which alarms go off: behavior/native. */
  hooks: { stage: string; do: 'FAILED' | 'never'; after?: number; service?: string }[];
  alarms: { stage: string; after: number; name: string; service?: string }[];
  clusters: Map<string, Cluster>;
  families: Map<string, { revisions: RegisteredDefinition[] }>;
  /** `cluster/service` → service. */
  services: Map<string, Service>;
  /** By ARN, as the next two. */
  tasks: Map<string, Task>;
  serviceDeployments: Map<string, ServiceDeployment>;
  revisions: Map<string, ServiceRevision>;
  /** Log group → stream → its events. */
  logs: Map<string, Map<string, LogStream>>;
  /** Client token of RunTask → what it ran. */
  tokens: Map<string, { request: Request; tasks: Task[] }>;
  /** Secrets Manager, by name. */
  secrets: Map<string, Secret>;
  registry: PlatformRegistry;
}

export interface Secret {
  name: string;
  arn: string;
  /** Scheduled for deletion. */
  deleted: boolean;
  /** The last one is the current one. */
  versions: { id: string; text: string; createdAt: number }[];
}

export type Timing = Record<
  | 'reaction'
  | 'provision'
  | 'pull'
  | 'activate'
  | 'settle'
  | 'agent'
  | 'drain'
  | 'stop'
  | 'deprovision'
  | 'exitCode'
  | 'pullFails'
  | 'secretFails'
  | 'targetHealthy'
  | 'targetUnhealthy'
  | 'breaker'
  | 'steady'
  | 'lingers'
  | 'supersede'
  | 'stage',
  number
> & { backoff: number[] };

export interface Quirks {
  rollbackId: 'same' | 'new';
  failedStatus: string;
  digest: 'child' | 'index' | 'none';
  crashes: 'count' | 'ignored';
  repeatEvents: boolean;
}

/** README.md, "Scenarios". */
export interface Rule {
  match?: Match;
  do?: Effect;
  times?: number;
}

export interface Match {
  taskDefinition?: string;
  service?: string;
  oneOff?: boolean;
  image?: string;
  deployment?: string;
  from?: number;
  until?: number;
}

export interface Effect {
  start?: number;
  pull?: string;
  secret?: string;
  /** Why no task is even created. */
  launch?: string;
  after?: number;
  stuck?: boolean;
  lines?: string[];
  exit?: Exit;
  healthyAfter?: number;
  healthy?: 'never';
  /** "container", "elb" or a target group's ARN. */
  fails?: string;
  unhealthy?: { after: number };
  ignoresSigterm?: boolean;
  digest?: string | null;
  seeds?: boolean;
  container?: string;
}

export interface Exit {
  code?: number;
  after?: number;
  lines?: string[];
  reason?: string;
}

export interface StaleReads {
  seconds: number;
  ops?: string[];
  alternate?: boolean;
  /** How many reads were asked for: of `alternate`. */
  reads?: number;
}

export interface Scenario extends Partial<
  Pick<
    World,
    | 'rules'
    | 'hooks'
    | 'alarms'
    | 'images'
    | 'strictImages'
    | 'registryUrl'
    | 'capacity'
    | 'instances'
    | 'staleReads'
    | 'accounts'
  >
> {
  start?: string;
  region?: string;
  account?: string;
  seed?: string;
  clusters?: (string | { name: string; status?: string; tags?: Tag[] })[];
  taskDefinitions?: Request[];
  services?: Request[];
  /** Names of log groups that exist before a container writes to them. */
  logGroups?: string[];
  timing?: Partial<Timing>;
  quirks?: Partial<Quirks>;
  script?: { at: number; op: string; request: Request; service?: string }[];
  faults?: Fault[];
  cuts?: Cut[];
  garbled?: Garbled[];
  signedWithin?: number;
  auto?: number;
  registry?: RegistryStart;
  /** Secrets Manager: name → its value as JSON or as text; `deleted`: scheduled for deletion. */
  secrets?: Record<string, { value?: object; text?: string; version?: string; deleted?: boolean }>;
}

export interface Fault {
  error: string;
  op?: string | string[];
  service?: string;
  times?: number;
  calls?: number[];
  from?: number;
  until?: number;
  message?: string;
  status?: number;
}

export interface Cut {
  call?: number;
  op?: string;
  times?: number;
  when: 'before' | 'after' | 'hang';
}

/** A response that does not arrive as it was sent. `as`: "html", "half", "cut", another text, or JSON. */
export interface Garbled extends Omit<Fault, 'error'> {
  as: unknown;
}

export interface Cluster {
  name: string;
  arn: string;
  status: string;
  tags: Tag[];
}

export interface LoadBalancer {
  targetGroupArn: string;
  containerName: string;
  containerPort: number;
}

export interface Service {
  /** `cluster/name`. */
  key: string;
  name: string;
  cluster: Cluster;
  arn: string;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  controller: string;
  desired: number;
  createdAt: number;
  settings: ServiceSettings;
  configuration: DeploymentConfiguration;
  tags: Tag[];
  events: { id: string; createdAt: number | undefined; message: string }[];
  /** The cause of an event → when it was sent last. */
  causes: Map<string, number>;
  /** PRIMARY first. */
  deployments: Deployment[];
  /** Newest first. */
  serviceDeployments: ServiceDeployment[];
  taskSet?: { id: string; taskDefinition: string };
  lastCompleted?: Pick<Deployment, 'id' | 'revision' | 'taskDefinition' | 'createdAt'>;
  steady: boolean;
  /** A pass of the scheduler is scheduled. */
  waiting?: boolean;
  /** What reads show that do not see the last write yet. */
  before?: { until: number; view: object | undefined };
}

export interface ServiceSettings {
  [name: string]: unknown;
  schedulingStrategy?: string;
  launchType?: string;
  capacityProviderStrategy?: object[];
  platformVersion?: string;
  networkConfiguration?: object;
  loadBalancers?: LoadBalancer[];
  serviceRegistries?: object[];
  placementConstraints?: object[];
  placementStrategy?: object[];
  healthCheckGracePeriodSeconds?: number;
}

export interface DeploymentConfiguration {
  minimumHealthyPercent: number;
  maximumPercent: number;
  bakeTimeInMinutes?: number;
  alarms?: { enable: boolean; rollback?: boolean; alarmNames?: string[] };
  strategy?: string;
  lifecycleHooks?: LifecycleHook[];
  linearConfiguration?: { stepPercent?: number; stepBakeTimeInMinutes?: number };
  canaryConfiguration?: { canaryPercent?: number; canaryBakeTimeInMinutes?: number };
  deploymentCircuitBreaker?: {
    enable: boolean;
    rollback: boolean;
    resetOnHealthyTask?: boolean;
    thresholdConfiguration?: { type?: string; value?: number };
  };
}

export interface LifecycleHook {
  targetType?: string;
  hookTargetArn?: string;
  lifecycleStages: string[];
  timeoutConfiguration?: { timeoutInMinutes?: number; action?: string };
}

export interface HookState {
  id: string;
  targetType: string;
  targetArn: string | undefined;
  status: string;
  expiresAt: number;
  timeoutAction: string;
}

/** Of a deployment with a native strategy. Traffic: percent of the new revision. */
export interface NativeDeployment {
  stage: string;
  test: number;
  production: number;
  hooks: HookState[];
  /** What follows when all hooks have passed. */
  goOn?: () => void;
  /** The alarm that went off. */
  alarm?: string;
}

export interface Deployment {
  id: string;
  status: string;
  taskDefinition: string;
  revision: string;
  serviceDeployment?: ServiceDeployment;
  rollout: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  reason: string;
  /** Failed tasks, as the circuit breaker counts them. */
  failed: number;
  createdAt: number;
  updatedAt: number;
  /** After the first healthy task the breaker counts no more. */
  hadHealthyTask?: boolean;
  /** The breaker has decided, and acts in a moment. */
  isTripping?: boolean;
  /** Stopped by an operator with ABORT. */
  isAborted?: boolean;
  /** Tasks in a row that never reached RUNNING, and when the next may start. */
  failedStarts?: number;
  nextStartAt?: number;
  failedAt?: number;
  isLeaving?: boolean;
  steadySince?: number;
  /** The service deployment that this deployment rolls back. */
  rollbackOf?: ServiceDeployment;
}

export interface ServiceDeployment {
  arn: string;
  service: Service;
  target: string;
  sources: string[];
  status: string;
  reason?: string;
  createdAt: number;
  updatedAt: number;
  startedAt?: number;
  finishedAt?: number;
  stoppedAt?: number;
  configuration: DeploymentConfiguration;
  breaker: string;
  failureCount: number;
  rollback?: { reason: string; startedAt: number; serviceRevisionArn: string };
  native?: NativeDeployment;
}

export interface ServiceRevision {
  createdAt: number;
  view: object;
  /** Per container, once the first task resolved them. */
  resolved?: ResolvedImage[];
  images?: object[];
}

export interface RegisteredDefinition {
  record: TaskDefinition;
  tags: Tag[];
}

export interface TaskDefinition {
  family: string;
  revision: number;
  status: string;
  taskDefinitionArn: string;
  registeredAt: number;
  containerDefinitions: ContainerDefinition[];
  networkMode?: string;
  cpu?: string;
  memory?: string;
  runtimePlatform?: { cpuArchitecture?: string };
}

export interface ContainerDefinition {
  name: string;
  image: string;
  essential?: boolean;
  environment?: { name: string; value: string }[];
  healthCheck?: { interval?: number; retries?: number; startPeriod?: number };
  dependsOn?: { containerName: string; condition: string }[];
  stopTimeout?: number;
  logConfiguration?: { logDriver: string; options?: Record<string, string> };
}

export interface Task {
  id: string;
  arn: string;
  cluster: Cluster;
  definition: TaskDefinition;
  /** Undefined for a task of RunTask, as the next two. */
  service: Service | undefined;
  deploymentId: string | undefined;
  revision: string | undefined;
  startedBy: string | undefined;
  group: string;
  overrides: { containerOverrides?: { name: string; command?: string[]; environment?: { name: string; value: string }[] }[] };
  /** How a one-off task of the platform ends by itself. */
  ends?: Exit;
  launchType: string;
  tags: Tag[];
  /** What its image does: decided once, when the task starts. */
  rule: Effect;
  createdAt: number;
  connectedAt?: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  stoppingAt?: number;
  executionStoppedAt?: number;
  stoppedAt?: number;
  lastStatus: string;
  desiredStatus: 'RUNNING' | 'STOPPED';
  stopCode?: string;
  stoppedReason?: string;
  /** healthStatus: what its containers' health checks say together. */
  health: string;
  /** As the service counts it: containers, target groups and the grace period together. */
  healthy: boolean;
  unhealthy?: HealthCheck;
  /** Target group → its result for this task. */
  targets: Map<string, 'healthy' | 'unhealthy'>;
  timers: Cancel[];
  containers: Container[];
  version: number;
}

export interface Container {
  name: string;
  image: string;
  arn: string;
  runtimeId: string | undefined;
  lastStatus: string;
  health: string;
  digest?: string;
  exitCode?: number;
  reason?: string;
  /** Folders in /bundles, where the scenario names them. */
  bundles?: string[];
  /** Bundle ids that a process of the platform has in memory. */
  loaded?: string[];
}

/** Of a container or of a target group: when it succeeds first, and when it has failed too often, in seconds after RUNNING. */
export interface HealthCheck {
  kind: 'container' | 'elb';
  names?: string[];
  targetGroupArn?: string;
  port?: number;
  healthyAt?: number;
  deadline?: number;
}

export type ImageEntry =
  string | { missing?: boolean; digest?: string; index?: string; platforms?: Record<string, string>; bundles?: string[] };

export interface ResolvedImage {
  /** Why it cannot be pulled. */
  missing?: string;
  digest?: string;
  index?: string;
  bundles?: string[];
}

export interface LogStream {
  createdAt: number;
  events: { timestamp: number; message: string; ingestionTime: number }[];
}

export type Environment = Record<string, string | undefined>;

export interface BundleEntry {
  id?: string;
  path?: string;
  repo?: string;
  module?: string;
  example?: boolean;
}

export interface RegistryStart {
  era?: 'seed' | 'head';
  bundles?: Record<string, BundleEntry>;
  default?: string;
  gateway?: Record<string, string>;
}

/** What Redis holds. */
export interface RegistryState {
  bundles: Record<string, BundleEntry>;
  default: string | undefined;
  gateway: Record<string, string>;
  lockedUntil: number;
  history: { at: number; task: string; container: string; image: string; what: string }[];
}

export interface PlatformRegistry {
  state: RegistryState;
  containerStarted(world: World, task: Task, container: Container, env: Environment): void;
  set(change: Partial<RegistryState>): void;
  report(world: World): object;
}

export interface Journal {
  entries: JournalEntry[];
  file: string | undefined;
  record(entry: JournalEntry): void;
  calls(op: string): number;
}

export interface JournalEntry {
  n?: number;
  by?: string;
  cut?: string;
  at: string;
  service: string;
  op: string;
  request: Request;
  status: number;
  response: object;
  errorType?: string;
}

/** The parts of a running double that calls and the control door use. */
export interface Double {
  clock: Clock;
  turn<T>(run: () => T | Promise<T>): Promise<T>;
  world: World;
  journal: Journal;
  faults: Fault[];
  garbled: Garbled[];
  cuts: Cut[];
  signedWithin: number | undefined;
  auto: number;
  calls: number;
  called: { at: number; wake(n: number): void }[];
  ids: Ids;
  worldOf(region?: string): World;
}

/** awscli and its Python, or why they are not there. */
export interface AwsCliTools {
  aws: string;
  python: string;
}

export interface MissingTools {
  aws?: undefined;
  python?: undefined;
  reason: string;
  broken?: boolean;
}
