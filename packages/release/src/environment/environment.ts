import type { Component, HealthTool } from '../platform/components';
import type { ProxySettings } from '../proxy/settings';
import type { SecretReference } from './secret-reference';
import type { WrittenEnvironment } from './written';
import type { WrittenGateway } from './written-gateway';

/** Where services run: on ECS, or with docker compose on a host. */
export type Target = 'ecs' | 'compose';

/** An image of the release (the push gives its digest), or any other image by digest. `published`: a mirrored image of the platform, whose pin gives the digest. */
export type ServiceImage =
  { kind: 'release'; name: string } | { kind: 'digest'; reference: string; published?: { name: string; ref: string } };

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

/** A service with all derived values. */
export interface Service {
  name: string;
  component: Component;
  target: Target;
  image: ServiceImage;
  /** Replicas. Undefined: the number of running replicas is preserved, so that autoscaling keeps control; 1 if none runs. */
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
  /** The written variables: those of its component override the shared ones, and its own override both. The plan adds the derived ones. */
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
  architecture: 'amd64' | 'arm64';
  logGroup: string;
  executionRole?: string;
  taskRole?: string;
}

/** The runtime in which bundles execute code. `timeout` is in seconds; `fargate` is set if `runtime` is `fargate`. */
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
  /** The deploy has running tasks load a descriptor in Secrets Manager. */
  reload: boolean;
  examples: boolean;
  alwaysPull: boolean;
  git: NonNullable<NonNullable<WrittenEnvironment['bundles']>['git']>;
}

/** The configuration of web-proxy. `rendered`: derived from the platform's own, once the workspace has been read. @public */
export interface ProxyPart {
  /** The copy of the platform's configuration in the workspace. */
  config: string;
  settings: ProxySettings;
  rendered?: { path: string; text: string };
}

/** A validated and normalized environment: where a release runs, and its configuration. It contains no secrets, only references to them. */
export interface Environment {
  name: string;
  /** The files that define the deployment: its own, the one that it extends, and its services' task definitions. */
  files: string[];
  description?: string;
  target: Target;
  registry?: string;
  /** `keys`: files of the workspace. Undefined: those of the plugin's options. */
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
  /** `host`: undefined for this machine. `keep`: how many releases stay on the host. */
  compose: { project: string; directory?: string; file: string; host?: string; keep: number };
  gateway: WrittenGateway;
  bundles: Bundling;
  readiness?: { url?: string; headers: Record<string, string>; wait: 'all' | 'required' };
  proxy?: ProxyPart;
  /** `config`: all of config.json. */
  frontend?: { config: Record<string, unknown> };
  exec?: Exec;
  metrics: NonNullable<WrittenEnvironment['metrics']>;
  services: Service[];
}

/** The parts of the file that have the right shape. */
export type PartlyWritten = Partial<WrittenEnvironment>;
