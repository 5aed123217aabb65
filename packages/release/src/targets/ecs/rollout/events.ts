import type { ServiceState } from './port/port';
import type { ImageEvidence } from './verdict/verdict';

/** What happens during a rollout, for a board, for lines and for other tools (`--json`). */
export type RolloutEvent =
  | { event: 'wave'; name: string; services: string[] }
  | { event: 'registered'; family: string; taskDefinition: string }
  /** `resumed`: an earlier run had set the service to this revision already. */
  | { event: 'update'; service: string; taskDefinition: string; from: string; deployment: string; resumed: boolean }
  | { event: 'task-started'; service: string; task: string; taskDefinition: string }
  /** An event of the service, as ECS lists it. */
  | { event: 'service-event'; service: string; at: number; message: string }
  /** A task stopped that should run. `count`: how many stopped for the same reason so far. Without `lines` its log is that of the last such event, or it has none. */
  | { event: 'task-stopped'; service: string; task: string; reason: string; lines: string[]; count: number }
  | { event: 'waiting'; service: string; text: string }
  /** A deployment with a native strategy is at another stage, or its traffic has shifted. `production`: percent of the new revision. */
  | { event: 'stage'; service: string; stage: string; status: string; production?: number; text: string }
  /** It waits for a person, at a hook. */
  | { event: 'paused'; service: string; stage: string; hookId: string; deployment: string; text: string }
  | { event: 'completed'; service: string; taskDefinition: string; milliseconds: number; digests: ImageEvidence }
  | { event: 'failed'; service: string; code: string; reason: string }
  | { event: 'note'; text: string }
  /** The services, at every poll. Never printed as JSON. */
  | { event: 'polled'; services: ServiceState[] };
