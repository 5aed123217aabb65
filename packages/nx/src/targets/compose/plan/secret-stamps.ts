import { composeServices, type Environment, OWN_FOLDER } from '@kdcube/release/internal';
import type { Host } from '../host/host';
import { stampSecretFiles } from '../host/secret-files';
import type { ComposePlace } from '../place';

/** What stands for the content of each secret file of an environment: a keyed hash that the host makes. */
export async function readSecretStamps(
  host: Host,
  { directory }: ComposePlace,
  environment: Environment,
): Promise<Map<string, string>> {
  const files = composeServices(environment)
    .flatMap(({ secrets }) => Object.values(secrets))
    .flatMap((secret) => (secret.store === 'file' ? [secret.path] : []));
  return stampSecretFiles(host, `${directory}/${OWN_FOLDER}/key`, [...new Set(files)].sort());
}
