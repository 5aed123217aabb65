import type { ImportReason } from './reasons';
import type { Place } from '../problem/problem';
import type { Component } from '../platform/components';

/** A service as found: running on ECS, or in a compose folder. */
export interface FoundService {
  name: string;
  component: Component;
  image: string;
  /** The image's registry, in the form of `registry:`. */
  registry?: string;
  env: Record<string, string>;
  /** Variable → `valueFrom`, as ECS has it. */
  secrets: Record<string, string>;
  /** Further keys of the service, as the environment's file has them. */
  rest: Record<string, unknown>;
}

/** A note of an import for its reader. Never contains a value. */
export interface ImportNote {
  /** `service NAME` */
  subject: string;
  reason: ImportReason;
  message: string;
  hint?: string;
  at?: Place;
}

export interface ImportedVariables {
  env: Record<string, string>;
  secrets: Record<string, string>;
  notes: ImportNote[];
}

/** The registered exec task: `exec.fargate` of an environment, and its image if it is named by digest. */
export interface FoundExec {
  image?: string;
  fargate: Record<string, unknown>;
}

export interface ImportedSettings {
  bundles?: Record<string, unknown>;
  exec?: Record<string, unknown>;
  metrics?: Record<string, unknown>;
}
