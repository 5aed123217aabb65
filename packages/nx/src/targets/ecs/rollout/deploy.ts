import { createHash } from 'node:crypto';
import {
  type CarriedOver,
  type DeployPlan,
  type Outcome,
  type RolloutEvent,
  type Stage,
  rollOut,
  isRecorded,
  KdcubeError,
  planContent,
  recordDeploy,
  planOutcome,
} from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import type { Repository } from '../../../registry/blobs/blobs';
import { openBoard } from './board';
import { awsClock } from '../../../aws/clock';
import { logRollout } from './lines';
import { openEcs } from '../ecs-port';
import { listRecords, recordTags, writeRecord } from '../../records/records';
import { imagesPort } from './images';
import { readinessPort } from './readiness';
import { onInterrupt, trackInFlight } from './interrupt';

export interface DeployOptions {
  onFailure: 'rollback' | 'stop';
  /** Minutes. */
  timeout: number;
  /** Minutes. */
  wait: number;
  json: boolean;
  /** Ends the wait for a native deployment at this stage. */
  waitUntil?: Stage;
  /** In a rollback: what the record of that release has and the plan does not carry out. */
  carriedOver?: CarriedOver;
  /** The command that continues after an interruption. Default: the deploy of the environment. */
  resumeCommand?: string;
}

export interface Deployed {
  outcome: Outcome;
  /** The record's tag; undefined if the last record has the same content. */
  record?: string;
}

/** Rolls out a plan and writes its record. Throws if the plan is refused, before the first write; every other end is an outcome. */
export async function deploy(plan: DeployPlan, records: Repository, options: DeployOptions, log: Log): Promise<Deployed> {
  // A missing repository must be found before the first write.
  await recordTags(records, plan.environment);
  // So must a missing credential.
  const readiness = readinessPort(plan);
  const clock = awsClock();
  const ecs = await openEcs({ region: plan.region, cluster: plan.cluster }, clock);
  const board = openBoard(plan, options.json, clock.now);
  const above = board.logAbove(log);
  const inFlight = trackInFlight();
  const resumeCommand = options.resumeCommand ?? `nx run release:deploy-ecs:${plan.environment}`;
  const stop = onInterrupt(
    above,
    () =>
      `stopping before the next call; Ctrl-C again exits at once. ${inFlight.describe()}\n${resumeCommand}    continues from here`,
  );
  const logEvent = logRollout(above, clock.now);
  const report = (event: RolloutEvent) => {
    board.update(event);
    inFlight.update(event);
    logEvent(event);
  };
  try {
    const [planId, deployId] = [planContent(plan), planOutcome(plan)].map(shortHash) as [string, string];
    const times = { timeout: options.timeout * 60_000, lockTimeout: options.wait * 60_000 };
    const rolloutOptions = {
      planId,
      deployId,
      ...times,
      onFailure: options.onFailure,
      stop,
      resumeCommand,
      ...(options.waitUntil && { waitUntil: options.waitUntil }),
    };
    const outcome = await rollOut(
      plan,
      { ecs, clock, images: imagesPort(log), report, ...(readiness && { readiness }) },
      rolloutOptions,
    );
    board.close();
    const record = await writeAttempt(plan, outcome, records, options, log);
    return { outcome, ...(record !== undefined && { record }) };
  } finally {
    board.close();
    stop.dispose();
    ecs.close();
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Writes the record of an attempt. A failure to write it is only logged: it does not change how the deploy ended. */
async function writeAttempt(
  plan: DeployPlan,
  outcome: Outcome,
  records: Repository,
  { carriedOver }: DeployOptions,
  log: Log,
): Promise<string | undefined> {
  const draft = recordDeploy(plan, outcome, carriedOver);
  try {
    const [last] = await listRecords(records, plan.environment, log);
    return isRecorded(draft, last) ? undefined : await writeRecord(records, draft);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(
      `the record of this deploy could not be written; running the same deploy again writes it.\n${error.problems[0]?.message ?? ''}`,
    );
    return undefined;
  }
}
