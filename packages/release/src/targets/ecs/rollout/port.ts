import type { Problem } from '../../../problem/problem';
import type { TaskDefinition } from '../task-definition/task-definition';

/** What the rollout asks of the world. Specs, the double of ECS and Amazon's own SDK stand behind the same few questions; nothing else in this folder waits or asks. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface SeenDeployment {
  id: string;
  /** PRIMARY, ACTIVE, INACTIVE, DRAINING. */
  status: string;
  /** Its ARN, with the revision. */
  taskDefinition: string;
  desired: number;
  running: number;
  pending: number;
  failed: number;
  /** IN_PROGRESS, COMPLETED, FAILED; nothing in old regions, and for other controllers. */
  rollout?: string;
  reason?: string;
  /** Milliseconds since 1970, as all times here. */
  updatedAt: number;
}

export interface SeenEvent {
  id: string;
  at: number;
  message: string;
}

export interface SeenService {
  name: string;
  arn: string;
  /** ACTIVE, DRAINING, INACTIVE. */
  status: string;
  taskDefinition: string;
  desired: number;
  running: number;
  pending: number;
  /** ECS, CODE_DEPLOY, EXTERNAL. */
  controller: string;
  deployments: SeenDeployment[];
  /** Newest first, at most 100: ECS repeats none for six hours. */
  events: SeenEvent[];
  tags: Record<string, string>;
  /** The target groups of its load balancers, by ARN; a Classic one by its name, which nobody can ask here. */
  targetGroups: string[];
  /** Deployment alarms are watched: after all tasks run, ECS waits for them, and may roll back. */
  hasAlarms: boolean;
  /** Where its tasks run: a task that runs once is started in the same place. */
  placement: Record<string, unknown>;
}

export interface SeenContainer {
  name: string;
  /** What it runs, once it was pulled; some tasks report none. */
  digest?: string;
  /** HEALTHY, UNHEALTHY; UNKNOWN without a health check, and before its first one. */
  health?: string;
  exitCode?: number;
  reason?: string;
}

export interface SeenTask {
  arn: string;
  taskDefinition: string;
  /** The deployment's id, or what RunTask was given. */
  startedBy?: string;
  lastStatus: string;
  desiredStatus: string;
  health?: string;
  stopCode?: string;
  stoppedReason?: string;
  createdAt: number;
  /** When its containers ran; nothing of a task that never did. */
  startedAt?: number;
  stoppedAt?: number;
  /** Of its own network interface: as such it is a target of a load balancer. */
  addresses?: string[];
  containers: SeenContainer[];
}

/** Whom a load balancer sends requests to, and whether it finds him well. */
export interface SeenTarget {
  /** An address, or the machine's id. */
  id: string;
  state: TargetState;
  /** Amazon's word for it: `Target.FailedHealthChecks`. */
  reason?: string;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unhealthy.draining' | 'unused' | 'draining' | 'unavailable';

export interface ServiceUpdate {
  service: string;
  taskDefinition: string;
  desired?: number;
}

export interface OneOffTask {
  taskDefinition: string;
  /** The same token starts the same task again: it is never run twice for one attempt. */
  token: string;
  startedBy: string;
  placement: Record<string, unknown>;
}

/** ECS in one cluster of one region. Everything may be a Problem `aws-*`; paging, batches of ten and short throttling are the port's own business. */
export interface Ecs {
  region: string;
  cluster: string;
  account(): Promise<string>;
  /** Those that ECS has; a name that is missing in the answer is not there. One call for ten. */
  services(names: readonly string[]): Promise<SeenService[]>;
  update(update: ServiceUpdate): Promise<SeenService>;
  /** The new revision's ARN. */
  register(definition: TaskDefinition): Promise<string>;
  /** By ARN or family: undefined where there is none. */
  definition(name: string): Promise<TaskDefinition | undefined>;
  /** ARNs of the ACTIVE revisions of a family, newest first. */
  revisions(family: string): Promise<string[]>;
  serviceTasks(service: string, status: 'RUNNING' | 'STOPPED'): Promise<SeenTask[]>;
  familyTasks(family: string, status: 'RUNNING' | 'STOPPED'): Promise<SeenTask[]>;
  task(arn: string): Promise<SeenTask | undefined>;
  /** What is registered in a target group of Elastic Load Balancing. */
  targets(group: string): Promise<SeenTarget[]>;
  run(task: OneOffTask): Promise<SeenTask>;
  tag(arn: string, tags: Record<string, string>): Promise<void>;
  untag(arn: string, keys: readonly string[]): Promise<void>;
  /** The last lines of a container's log; none where there is no log, or it may not be read. */
  lastLines(place: LogPlace): Promise<string[]>;
}

/** The registries that images are pulled from. */
export interface Images {
  /** What is wrong with an image: it is not there, or not for that platform. Nothing where it is well, and `unknown` where the registry does not say. */
  problemOf(wanted: WantedImage): Promise<Problem | 'unknown' | undefined>;
}

export interface WantedImage {
  reference: string;
  /** `linux/amd64` */
  platform: string;
}

export interface LogPlace {
  group: string;
  stream: string;
  /** How many lines. */
  limit: number;
}
