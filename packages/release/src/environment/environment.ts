import type { Component, HealthTool } from '../platform/components';
import type { SecretReference } from './secret-reference';
import type { WrittenEnvironment } from './written';
import type { WrittenGateway } from './written-gateway';

/** Where services run: on ECS, or with docker compose on a host. */
export type Target = 'ecs' | 'compose';

/** An image of the release (its digest comes from the push), or any other one by digest. */
export type ServiceImage = { kind: 'release'; name: string } | { kind: 'digest'; reference: string };

/** The health check of a container. `interval`, `timeout` and `startPeriod` are seconds. */
export interface HealthCheck {
  path: string;
  port: number;
  tool: Exclude<HealthTool, 'none'>;
  interval: number;
  timeout: number;
  retries: number;
  startPeriod: number;
}

/** A folder of a container (`path`), mounted from EFS or from the host. */
export interface Mount {
  path: string;
  efs?: { id: string; accessPoint?: string; root: string };
  host?: string;
  readOnly: boolean;
}

/** A service, with everything derived. */
export interface Service {
  name: string;
  component: Component;
  target: Target;
  image: ServiceImage;
  /** Replicas. Undefined: as many as run now, so that a service that scales by itself keeps its own number; 1 where none runs. */
  count?: number;
  cpu: number;
  memory: number;
  architecture: 'amd64' | 'arm64';
  port?: number;
  health?: HealthCheck;
  stopTimeout: number;
  executionRole?: string;
  taskRole?: string;
  logGroup: string;
  serviceName: string;
  family: string;
  container: string;
  /** `environment`, `running`, or the path of the customer's own JSON. */
  taskDefinition: string;
  mounts: Mount[];
  /** What the file says for it: shared, then its component's, then its own. What is derived comes with the plan. */
  env: Record<string, string>;
  secrets: Record<string, SecretReference>;
}

/** The task definition and network of the task that runs code on Fargate. @public */
export interface FargateTask {
  cluster?: string;
  subnets: string[];
  securityGroups: string[];
  assignPublicIp: boolean;
  platformVersion?: string;
  family: string;
  container: string;
  cpu: number;
  memory: number;
  logGroup: string;
  executionRole?: string;
  taskRole?: string;
}

/** Where bundles run code. `timeout` is seconds; `fargate` is set where `runtime` is `fargate`. */
export interface Exec {
  runtime: 'docker' | 'fargate';
  image: ServiceImage;
  timeout: number;
  network: string;
  workspace?: string;
  fargate?: FargateTask;
}

/** How the platform gets its bundles. @public */
export interface Bundling {
  mode: 'baked' | 'git';
  descriptor?: 'env' | 'file' | 'aws-sm';
  examples: boolean;
  alwaysPull: boolean;
  git: NonNullable<NonNullable<WrittenEnvironment['bundles']>['git']>;
}

/** An environment, read and normalised: where a release runs, and with what. It holds no secret, only where secrets are. */
export interface Environment {
  name: string;
  /** The files that say what is deployed: its own, the one that it extends, and its services' task definitions. */
  files: string[];
  description?: string;
  target: Target;
  registry?: string;
  /** `keys`: files of the workspace; undefined: those of the plugin's options. */
  signatures: { required: boolean; keys?: string[] };
  tenant: string;
  project: string;
  ecs: {
    account?: string;
    region?: string;
    cluster?: string;
    subnets: string[];
    securityGroups: string[];
  };
  compose: { project: string; directory?: string; file: string };
  gateway: WrittenGateway;
  bundles: Bundling;
  exec?: Exec;
  metrics: NonNullable<WrittenEnvironment['metrics']>;
  services: Service[];
}

/** What is well-shaped of what is written, as far as it goes. */
export type PartlyWritten = Partial<WrittenEnvironment>;
