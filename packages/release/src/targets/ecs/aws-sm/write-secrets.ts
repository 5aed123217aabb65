import type { SecretWrite } from '../../../deploy/descriptor-secrets';
import { sha256Id } from '../../../deploy/token';
import { secretSizeProblem, secretText, type Document } from '../../../descriptor/aws-sm';
import { KdcubeError } from '../../../problem/problem';
import { isUnconfirmed } from '../rollout/port/retries';
import { pause, write, type Rollout } from '../rollout/rollout';
import { readDocument, readPrevious, readStoredDescriptor, type StoredSecret } from './stored-descriptor';

/** The writes of a plan. */
export function plannedWrites({ plan }: Pick<Rollout, 'plan'>): readonly SecretWrite[] {
  return plan.descriptor.secrets?.writes ?? [];
}

/** Reads the secrets, and refuses if one of them has changed since the plan was made. Before the first write of a rollout. */
export async function checkSecrets(rollout: Rollout): Promise<void> {
  const { secrets } = rollout.plan.descriptor;
  const writes = plannedWrites(rollout);
  if (!secrets || writes.length === 0) return;
  const ids = writes.flatMap(({ bundle }) => bundle ?? []);
  const stored = await readStoredDescriptor(rollout.ecs, secrets.prefix, ids);
  for (const each of writes) {
    const current = each.bundle === undefined ? stored.meta : stored.bundles.get(each.bundle);
    const text = textOf(each, current);
    checkUnchanged(each, current, text);
    checkSize(each, text);
    const previous = await previousOf(rollout, each, current, text);
    if (previous) rollout.progress.secrets.before.set(each.secret, previous);
  }
}

/** What a rollback writes back: what is stored or, if an earlier run of this plan has written the secret, the version before that. */
async function previousOf(
  rollout: Rollout,
  { secret, from }: SecretWrite,
  current: StoredSecret | undefined,
  text: string,
): Promise<Document | undefined> {
  if (!current || current.version === from || secretText(current.value) !== text) return current?.value;
  return from === undefined ? undefined : readPrevious(rollout.ecs, secret, from);
}

/** Writes the secrets: bundles first, the list of them last, so that what is half written can be loaded. Each is read before and after. */
export async function writeSecrets(rollout: Rollout): Promise<void> {
  const { secrets } = rollout.progress;
  const writes = plannedWrites(rollout);
  for (const each of writes) {
    const stored = await readDocument(rollout.ecs, each.secret);
    const text = textOf(each, stored);
    checkUnchanged(each, stored, text);
    // An earlier run of this plan may have written it.
    const isWritten = stored !== undefined && secretText(stored.value) === text;
    const version = isWritten ? stored.version : tokenOf(each.secret, stored?.version, text);
    if (!isWritten) await sendSecret(rollout, each, { text, token: version, exists: stored !== undefined });
    secrets.written.push(each);
    secrets.versions.set(each.secret, version);
    delete secrets.unconfirmed;
    if (!(await isReadBack(rollout, each.secret, text, version))) throw notReadBack(each.secret);
  }
  if (writes.length === 0) return;
  const text = `Secrets Manager: ${writes.length} ${writes.length === 1 ? 'secret' : 'secrets'} of ${rollout.plan.descriptor.secrets!.prefix} written and read back`;
  rollout.report({ event: 'note', text });
}

async function sendSecret(
  rollout: Rollout,
  each: SecretWrite,
  { text, token, exists }: { text: string; token: string; exists: boolean },
): Promise<void> {
  const request = { secret: each.secret, text, token };
  try {
    await write(rollout, () => (exists ? rollout.ecs.putSecret(request) : rollout.ecs.createSecret(request)));
  } catch (error) {
    if (isUnconfirmed(error)) rollout.progress.secrets.unconfirmed = each;
    throw error;
  }
}

const STALE_READS = 6;
const STALE_READ_MS = 2_000;

/** Whether a read shows what was written. It may be older than the write for some seconds. */
export async function isReadBack(rollout: Rollout, secret: string, text: string, version: string): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await rollout.ecs.readSecret(secret);
    if (found?.version === version && isSameJson(found.text, text)) return true;
    if (attempt >= STALE_READS) return false;
    await pause(rollout, STALE_READ_MS);
  }
}

/** What an earlier run wrote has the same content, and may have come from the platform in another form. */
function isSameJson(one: string, other: string): boolean {
  return one === other || JSON.stringify(JSON.parse(one)) === other;
}

/** No other client has written the secret: it has the version of the plan, or the content that the plan writes, or a run that was killed during its rollback restored it. */
function checkUnchanged({ secret, from }: SecretWrite, stored: StoredSecret | undefined, text: string): void {
  if (stored?.version === from) return;
  const storedText = stored && secretText(stored.value);
  if (storedText === text) return;
  if (stored && stored.version === tokenOf(secret, tokenOf(secret, from, text), storedText!)) return;
  throw conflict(secret);
}

function checkSize({ secret }: SecretWrite, text: string): void {
  const problem = secretSizeProblem(secret, text, ' with the settings that it keeps');
  if (problem) throw new KdcubeError(problem);
}

/** The settings that are kept are taken from what is stored now: they are not in the plan. */
function textOf({ content, keepsProps }: SecretWrite, stored: StoredSecret | undefined): string {
  const props = keepsProps ? stored?.value.props : undefined;
  return secretText({ ...content, ...(props !== undefined && { props }) });
}

/** Of what is replaced and what is written: a repeated request is the same, and going back to an earlier content is a new one. */
export function tokenOf(secret: string, from: string | undefined, text: string): string {
  return sha256Id([secret, from ?? '', text]);
}

function notReadBack(secret: string): KdcubeError {
  return new KdcubeError({
    code: 'descriptor-unreadable',
    message: `The secret ${secret} was written, but reads do not show that version: another client wrote it in the same moment, or the reads are stale.`,
    hint: `aws secretsmanager get-secret-value --secret-id ${secret}    shows it; then deploy again`,
  });
}

function conflict(secret: string): KdcubeError {
  return new KdcubeError({
    code: 'plan-outdated',
    message: `The secret ${secret} has changed since the plan was made.`,
    hint: 'make a new plan: it shows the changes of others, such as those of an admin',
  });
}
