import type { ImportReason } from './reasons';
import type { Place } from '../problem/problem';
import type { Component } from '../platform/components';

/** A service as it was found: running on ECS, or in a folder of env files. */
export interface FoundService {
  name: string;
  component: Component;
  image: string;
  /** Where the image is, as `registry:` says it. */
  registry?: string;
  env: Record<string, string>;
  /** Variable → what it refers to, as ECS has it. */
  secrets: Record<string, string>;
  /** Further keys of the service, as the environment's file has them. */
  rest: Record<string, unknown>;
}

/** What a person should know of an import. Never a value. */
export interface ImportNote {
  /** `service NAME` */
  subject: string;
  reason: ImportReason;
  said: string;
  hint?: string;
  at?: Place;
}

export interface ImportedVariables {
  env: Record<string, string>;
  secrets: Record<string, string>;
  notes: ImportNote[];
}

/** The task that code runs in, as it is registered: `exec.fargate` of an environment, and its image where that is by digest. */
export interface FoundExec {
  image?: string;
  fargate: Record<string, unknown>;
}

export interface ImportedSettings {
  bundles?: Record<string, unknown>;
  exec?: Record<string, unknown>;
  metrics?: Record<string, unknown>;
}
