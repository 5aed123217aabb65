import {
  type ComposeOutcome,
  type ComposePlan,
  isRecorded,
  KdcubeError,
  recordCompose,
  rollOutCompose,
} from '@kdcube/release/internal';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Repository } from '../../../registry/blobs/blobs';
import type { Log } from '../../../system/log';
import { onInterrupt } from '../../ecs/rollout/interrupt';
import { listRecords, writeRecord } from '../../records/records';
import type { Host } from '../host/host';
import { type HostOptions, openComposeHost } from './compose-host';
import { logComposeRollout } from './lines';

export interface HostDeployOptions extends Pick<HostOptions, 'keep' | 'login' | 'confirm'> {
  onFailure: 'rollback' | 'stop';
  /** Minutes. */
  timeout: number;
  /** The command that continues after an interruption. */
  resumeCommand: string;
}

export interface HostDeployed {
  outcome: ComposeOutcome;
  /** The record's tag; undefined if the last record has the same content, or the registry does not answer. */
  record?: string;
}

/** Rolls out a plan on a host and writes its record. Throws if the plan is refused, before anything stops; every other end is an outcome. */
export async function deployToHost(
  plan: ComposePlan,
  host: Host,
  records: Repository,
  options: HostDeployOptions,
  log: Log,
): Promise<HostDeployed> {
  const { onFailure, timeout, resumeCommand } = options;
  const stop = onInterrupt(
    log,
    () => `stopping before the next change; Ctrl-C again exits at once.\n${resumeCommand}    continues from here`,
  );
  const clock = { now: Date.now, sleep: (milliseconds: number) => sleep(milliseconds) };
  const place = { environment: plan.environment, project: plan.project, directory: plan.directory, file: plan.file };
  const ports = {
    host: openComposeHost(host, place, { ...options, release: plan.release, log }),
    clock,
    report: logComposeRollout(log, Date.now),
  };
  try {
    const outcome = await rollOutCompose(plan, ports, { onFailure, timeout: timeout * 60_000, resumeCommand, stop });
    const record = await writeAttempt(plan, outcome, records, log);
    return { outcome, ...(record !== undefined && { record }) };
  } finally {
    stop.dispose();
  }
}

/** A failure to write the record is only logged: it does not change how the deploy ended, and the host keeps the release. */
async function writeAttempt(
  plan: ComposePlan,
  outcome: ComposeOutcome,
  records: Repository,
  log: Log,
): Promise<string | undefined> {
  const draft = recordCompose(plan, outcome);
  try {
    const [last] = await listRecords(records, plan.environment, log);
    return isRecorded(draft, last) ? undefined : await writeRecord(records, draft);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(
      `the record of this deploy was not written to the registry; the host keeps the release, and ${plan.environment} can be rolled back.\n${error.problems[0]?.message ?? ''}`,
    );
    return undefined;
  }
}
