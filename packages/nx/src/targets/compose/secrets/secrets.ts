import { type ComposePlan, type Environment, KdcubeError, type Problem } from '@kdcube/release/internal';
import type { Host } from '../host/host';
import { stampSecret, stampSecretFiles, variablesSetIn } from '../host/secret-files';
import { fetchSecretFiles } from './fetch';

interface Place {
  /** compose.directory. */
  directory: string;
  environment: string;
}

/** The key of the stamps, which never leaves the host. */
const STAMP_KEY = '.kdcube/stamp-key';

/** What stands for the content of the secret files that ops own, by their absolute path. Nothing is asked of AWS: a rollback works without it. */
export function stampOwnedSecrets(
  host: Host,
  { directory }: Pick<Place, 'directory'>,
  environment: Environment,
): Promise<Map<string, string>> {
  const files = ownedFiles(environment).map(([, file]) => file);
  return stampSecretFiles(host, `${directory}/${STAMP_KEY}`, [...new Set(files)].sort());
}

/** A file without the variable that it is named for would start a service without its secret. Problem `secret-unreadable`. */
async function requireVariables(host: Host, environment: Environment): Promise<void> {
  const problems: Problem[] = [];
  for (const [service, file, names] of ownedFiles(environment)) {
    const found = await variablesSetIn(host, file, names);
    for (const name of names.filter((each) => !found.includes(each)))
      problems.push({
        code: 'secret-unreadable',
        message: `The secret file ${file} on ${host.name} has no line ${name}=…, which ${service} needs.`,
        hint: `add it to ${file} on the host, or name another file for ${name} in environments/${environment.name}.yaml`,
      });
  }
  if (problems.length > 0) throw new KdcubeError(problems);
}

/** A secret file is read after the environment’s own file: what it sets too would win, without a word. Problem `compose-invalid`. */
export async function requireNoOverrides(host: Host, environment: Environment, { content }: ComposePlan): Promise<void> {
  const problems: Problem[] = [];
  for (const [service, file] of ownedFiles(environment)) {
    const found = await variablesSetIn(host, file, Object.keys(content.services[service]?.env ?? {}));
    if (found.length > 0)
      problems.push({
        code: 'compose-invalid',
        message: `The secret file ${file} on ${host.name} sets ${found.slice(0, 5).join(', ')}, and so does the environment for ${service}: the file would win.`,
        hint: `remove ${found.length === 1 ? 'this line' : 'these lines'} from ${file} on the host`,
      });
  }
  if (problems.length > 0) throw new KdcubeError(problems);
}

/** The services that read a secret file of ops, each with the variables that it needs of that file. */
function ownedFiles({ services }: Environment): [service: string, file: string, names: string[]][] {
  return services.flatMap(({ name: service, target, secrets }) => {
    const files = new Map<string, string[]>();
    for (const [name, one] of Object.entries(secrets))
      if (target === 'compose' && one.store === 'file') files.set(one.path, [...(files.get(one.path) ?? []), name]);
    return [...files].map(([file, names]): [string, string, string[]] => [service, file, names]);
  });
}

/**
 * What stands for the content of each secret file in a plan, by path: those of ops by their absolute path, fetched ones by theirs below compose.directory. Writes nothing but the key.
 * The stamp of a fetched file is that of what AWS has now.
 */
export async function readSecretStamps(host: Host, place: Place, environment: Environment): Promise<Map<string, string>> {
  const stamps = await stampOwnedSecrets(host, place, environment);
  await requireVariables(host, environment);
  const key = `${place.directory}/${STAMP_KEY}`;
  for (const [file, content] of await fetchSecretFiles(environment)) stamps.set(file, await stampSecret(host, key, content));
  return stamps;
}

/** Writes the secrets that AWS has to their files on the host. Problem `plan-outdated` if AWS has others than the plan saw. */
export async function writeFetchedSecrets(
  host: Host,
  { directory, environment: name }: Place,
  environment: Environment,
  stamps: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [file, content] of await fetchSecretFiles(environment)) {
    if ((await stampSecret(host, `${directory}/${STAMP_KEY}`, content)) !== stamps.get(file))
      throw new KdcubeError({
        code: 'plan-outdated',
        message: `The plan is out of date: since it was made, a secret in AWS for ${file} has changed.`,
        hint: `nx run release:plan:${name}    makes a new plan`,
      });
    await host.writeFile(`${directory}/${file}`, content, 0o600);
  }
}
