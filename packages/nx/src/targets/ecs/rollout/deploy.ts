import { createHash } from 'node:crypto';
import type { DeployPlan, Kept, Outcome, RolloutEvent } from '@kdcube/release/internal';
import { carryOut, isRecorded, KdcubeError, planContent, recordDeploy, planOutcome } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import type { Repository } from '../../../registry/blobs';
import { openBoard } from './board';
import { awsClock } from '../../../aws/clock';
import { sayRollout } from './lines';
import { openEcs } from '../ecs-port';
import { listRecords, recordTags, writeRecord } from '../records/records';
import { imagesPort } from './images';
import { onInterrupt, underWay } from './interrupt';

export interface DeployWords {
  onFailure: 'rollback' | 'stop';
  /** Minutes. */
  timeout: number;
  /** Minutes. */
  wait: number;
  json: boolean;
  /** Of a release that is gone back to: its exec revision, of which nothing is registered, and its setup, which is not run again. */
  kept?: Kept;
  /** What to type to go on after it was stopped. Default: the deploy of the environment. */
  again?: string;
}

export interface Deployed {
  outcome: Outcome;
  /** The record's tag; undefined where the last one says the same. */
  record?: string;
}

/** Carries a plan out and leaves its record. Refusals are thrown, before anything was written; every other end is an outcome. */
export async function deploy(plan: DeployPlan, records: Repository, words: DeployWords, log: Log): Promise<Deployed> {
  // A missing repository is found now, and not when there is something to record.
  await recordTags(records, plan.environment);
  const clock = awsClock();
  const ecs = await openEcs({ region: plan.region, cluster: plan.cluster }, clock);
  const board = openBoard(plan, words.json, clock.now);
  const above = board.log(log);
  const flight = underWay();
  const again = words.again ?? `nx run release:deploy-ecs:${plan.environment}`;
  const stop = onInterrupt(
    above,
    () => `stopping between two calls; Ctrl-C again leaves at once. ${flight.words()}\n${again}    goes on from here`,
  );
  const lines = sayRollout(above, clock.now);
  const say = (event: RolloutEvent) => {
    board.hear(event);
    flight.hear(event);
    lines(event);
  };
  try {
    const [id, wanted] = [planContent(plan), planOutcome(plan)].map(shortHash) as [string, string];
    const { onFailure, timeout, wait } = words;
    const options = { id, wanted, timeout: timeout * 60_000, wait: wait * 60_000, onFailure, stop, again };
    const outcome = await carryOut(plan, { ecs, clock, images: imagesPort(log), say }, options);
    board.close();
    const record = await keep(plan, outcome, records, words, log);
    return { outcome, ...(record !== undefined && { record }) };
  } finally {
    board.close();
    stop.forget();
    ecs.close();
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The record of an attempt. Where it cannot be written the deploy ended all the same as it did: that is said, and nothing is taken back. */
async function keep(
  plan: DeployPlan,
  outcome: Outcome,
  records: Repository,
  { kept }: DeployWords,
  log: Log,
): Promise<string | undefined> {
  const draft = recordDeploy(plan, outcome, kept);
  try {
    const [last] = await listRecords(records, plan.environment, log);
    return isRecorded(draft, last) ? undefined : await writeRecord(records, draft);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(
      `the record of this deploy could not be written; the same deploy run again writes it.\n${error.problems[0]?.message ?? ''}`,
    );
    return undefined;
  }
}
