import { KdcubeError } from '@kdcube/release/internal';
import type { Credentials } from '../../../registry/credentials/credentials';
import { HUB_KEY } from '../../../registry/credentials/docker-config';
import { diskFull, isDiskFull } from './host-problems';
import { hold } from './hold';
import type { Host } from './host';

export interface RegistryLogin {
  registry: string;
  credentials: Credentials;
}

/**
 * Runs `work` while the host can log in to registries. The logins travel through standard input into a folder that only the user of the host can read, in memory where the host
 * has such a file system. A session on the host removes it at the end, also after a cut or a kill. Without logins, docker uses what the host itself has.
 */
export async function withRegistryLogins<T>(
  host: Host,
  logins: readonly RegistryLogin[],
  work: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (logins.length === 0) return work({});
  const session = await hold(host, LOGIN, [], dockerConfig(logins));
  const folder = session.lines.at(-1);
  if (!session.isOpen() || folder === undefined) throw loginFailed(host, session.lines.join('\n'));
  try {
    return await work({ DOCKER_CONFIG: folder });
  } finally {
    // The session sees that it is gone, and ends. If the session ended before, or the connection was cut, it removes the folder: how the work ended does not change.
    if (session.isOpen())
      await host.run('rm', ['-rf', '--', folder], { isCleanup: true }).catch((error: unknown) => {
        if (!(error instanceof KdcubeError)) throw error;
      });
  }
}

function loginFailed(host: Host, output: string): KdcubeError {
  if (isDiskFull(output)) return diskFull(host.name, 'the logins of the registries cannot be written');
  return new KdcubeError({
    code: 'host-denied',
    message: `No folder for the logins of the registries can be made on ${host.name}: ${output}`,
  });
}

/** What `docker login` writes. */
function dockerConfig(logins: readonly RegistryLogin[]): string {
  const auths = logins.map(({ registry, credentials }) => [registry === 'docker.io' ? HUB_KEY : registry, authOf(credentials)]);
  return JSON.stringify({ auths: Object.fromEntries(auths) });
}

function authOf(credentials: Credentials): Record<string, string> {
  if (credentials.kind === 'password')
    return { auth: Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64') };
  return credentials.kind === 'identity' ? { identitytoken: credentials.token } : { registrytoken: credentials.token };
}

/** Folders that a crash of the host left are removed by a later login. */
const LOGIN = `set -u
umask 077
base=/dev/shm
[ -d "$base" ] && [ -w "$base" ] || base=\${TMPDIR:-/tmp}
find "$base" -maxdepth 1 -name 'kdcube-login.*' -user "$(id -u)" -mmin +1440 -exec rm -rf {} + 2>/dev/null
folder=$(mktemp -d "$base/kdcube-login.XXXXXX") || exit 1
trap 'rm -rf -- "$folder"' EXIT
trap '' PIPE
trap 'exit 143' HUP INT TERM
cat >"$folder/config.json" || exit 1
plugins=\${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
[ ! -d "$plugins" ] || ln -s "$plugins" "$folder/cli-plugins"
echo "$folder"
echo ready
while sleep 1 && [ -d "$folder" ]; do :; done`;
