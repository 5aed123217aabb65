import { bundleSecret, isDocument, metaSecret, type Document } from '../../../descriptor/aws-sm';
import { KdcubeError } from '../../../problem/problem';
import type { Ecs } from '../rollout/port/port';

export interface StoredSecret {
  /** Its version id. */
  version: string;
  value: Document;
}

/** The bundle descriptor as Secrets Manager has it. */
export interface StoredDescriptor {
  prefix: string;
  /** The secret that lists the bundles; undefined if it does not exist. */
  meta?: StoredSecret;
  /** By bundle id: those of the list, and those that a deploy writes. */
  bundles: ReadonlyMap<string, StoredSecret>;
}

/** Reads the descriptor. `ids`: bundles that are read even if they are not in the list. */
export async function readStoredDescriptor(
  port: Pick<Ecs, 'readSecret'>,
  prefix: string,
  ids: readonly string[],
): Promise<StoredDescriptor> {
  const meta = await readDocument(port, metaSecret(prefix));
  const bundles = new Map<string, StoredSecret>();
  for (const id of new Set([...listedBundles(meta), ...ids])) {
    const stored = await readDocument(port, bundleSecret(prefix, id));
    if (stored) bundles.set(id, stored);
  }
  return { prefix, ...(meta && { meta }), bundles };
}

export function listedBundles(meta: StoredSecret | undefined): string[] {
  const ids = meta?.value.bundle_ids;
  return Array.isArray(ids)
    ? ids
        .filter((id) => typeof id === 'string')
        .map((id) => id.trim())
        .filter((id) => id !== '')
    : [];
}

export async function readDocument(port: Pick<Ecs, 'readSecret'>, secret: string): Promise<StoredSecret | undefined> {
  const found = await port.readSecret(secret).catch((error: unknown) => {
    throw markedForDeletion(error, secret) ?? error;
  });
  if (!found) return undefined;
  const value = parse(found.text);
  if (value) return { version: found.version, value };
  throw new KdcubeError({
    code: 'descriptor-unreadable',
    message: `The secret ${secret} is not a JSON object: the platform ignores it, and a deploy does not overwrite what it cannot read.`,
    hint: `aws secretsmanager get-secret-value --secret-id ${secret}    shows it; correct or delete it, then deploy again`,
  });
}

/** What a version held. Secrets Manager keeps the one before the current one, and may drop earlier ones; also undefined if it was not JSON. */
export async function readPrevious(
  port: Pick<Ecs, 'readSecret'>,
  secret: string,
  version: string,
): Promise<Document | undefined> {
  const found = await port.readSecret(secret, version);
  return found && parse(found.text);
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_restore-secret.html */
function markedForDeletion(error: unknown, secret: string): KdcubeError | undefined {
  if (!(error instanceof KdcubeError) || !/InvalidRequestException.*deletion/.test(error.message)) return undefined;
  return new KdcubeError(
    {
      code: 'descriptor-unreadable',
      message: `The secret ${secret} is scheduled for deletion: it cannot be read or written.`,
      hint: `aws secretsmanager restore-secret --secret-id ${secret}    keeps it`,
    },
    { cause: error },
  );
}

function parse(text: string): Document | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isDocument(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
