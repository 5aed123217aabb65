import * as fs from 'node:fs';
import * as path from 'node:path';
import { isLoopback, KdcubeError, parseRepo, quoted, shownUrl } from '@kdcube/release/internal';
import { cacheDir } from '../../system/files';
import { gitText, type GitPlace } from '../git';
import { remoteNameIn, settingIn, settingsAt, type Settings } from '../settings';
import type { GitRemote } from './store';
import { openWorkspace, type Workspace } from '../workspace';

/** A repository to read. `self`: it is this workspace's own remote; git then runs inside the checkout at `root`, with its credentials. */
export interface RepoSource {
  url: string;
  self: boolean;
  root: string;
}

/** The name under which a source's URL is told to git. */
const NAME = 'kdcube-source';

/** Strictness of a mirror: what comes in is checked, but for what old and harmless tools once wrote. */
const CHECKED: Record<string, string> = {
  'fetch.fsckObjects': 'true',
  'fetch.fsck.zeroPaddedFilemode': 'ignore',
  'fetch.fsck.missingSpaceBeforeDate': 'ignore',
  'fetch.fsck.missingSpaceBeforeEmail': 'ignore',
  'fetch.fsck.missingNameBeforeEmail': 'ignore',
  'fetch.fsck.missingTaggerEntry': 'ignore',
  'fetch.fsck.zeroPaddedDate': 'ignore',
  'fetch.fsck.badTimezone': 'ignore',
  'fetch.fsck.badDate': 'ignore',
};

/** A source as a remote that git can be asked for from `cwd` (a mirror, or any folder that is no repository). Problem `unsafe-url`. */
export async function sourceRemote(source: RepoSource, cwd: string): Promise<GitRemote> {
  if (!path.isAbsolute(source.url)) {
    const place = parseRepo(source.url);
    if ('code' in place) throw new KdcubeError(place);
    if (place.kind === 'name')
      throw new KdcubeError({
        code: 'unknown-repo',
        message: `${quoted(source.url)} is a name, not a URL, and nothing says what it stands for.`,
      });
  }
  const place: GitPlace = { cwd, config: { [`remote.${NAME}.url`]: source.url, ...CHECKED } };
  const remote: GitRemote = { place, name: NAME, shown: shownUrl(source.url), kind: 'mirror', lock: `the mirror ${cwd}` };
  // The mirror's own folder may not be there yet, and has no settings of its own: the user's are asked for from outside of it.
  const outside = nowhere();
  await fs.promises.mkdir(outside.cwd, { recursive: true });
  return withTransport(remote, source.url, await settingsAt(outside));
}

/** What is known of a checkout already, and where git runs when its objects go elsewhere. */
export interface Checkout {
  place: GitPlace;
  workspace: Pick<Workspace, 'objects'>;
  settings: Settings;
}

/** The remote of the checkout at `root`. Undefined where there is none. */
export async function checkoutRemote(root: string, known?: Checkout): Promise<GitRemote | undefined> {
  const { place, workspace, settings } = known ?? (await checkoutAt(root));
  const name = remoteNameIn(settings);
  if (name === undefined) return undefined;
  const url = await fetchUrl(place, name, settings);
  const lock = `the repository ${workspace.objects}`;
  return withTransport({ place, name, shown: shownUrl(url), kind: 'checkout', lock }, url, settings);
}

/** Asks git about the checkout at `root`. Problem `not-a-repository`. */
export async function checkoutAt(root: string): Promise<Checkout> {
  const place = { cwd: root };
  const [workspace, settings] = await Promise.all([openWorkspace(root), settingsAt(place)]);
  return { place, workspace, settings };
}

/** With insteadOf rules applied: the transport that will be used. */
async function fetchUrl(place: GitPlace, name: string, settings: Settings): Promise<string> {
  if ([...settings.keys()].some((key) => /^url\..*insteadof$/is.test(key)))
    return gitText(place, ['ls-remote', '--get-url', '--', name]);
  return settings.get(`remote.${name}.url`)?.[0] ?? name;
}

/** A folder that is in no repository, for questions that need none. */
export function nowhere(): GitPlace {
  const dir = cacheDir('git');
  return { cwd: dir, env: { GIT_CEILING_DIRECTORIES: path.dirname(dir) } };
}

function withTransport(remote: GitRemote, url: string, settings: Settings): GitRemote {
  const transports = isLoopbackHttp(url) ? { GIT_ALLOW_PROTOCOL: 'file:ssh:https:http' } : {};
  const env = { ...remote.place.env, ...transports, ...sshWithoutPrompt(settings) };
  return { ...remote, place: { ...remote.place, env } };
}

function isLoopbackHttp(url: string): boolean {
  try {
    const { protocol, hostname } = new URL(url);
    return protocol === 'http:' && isLoopback(hostname);
  } catch {
    return false;
  }
}

/** The user's own ssh command, told not to ask. A wrapper that takes no options (variant `simple`) stays as it is: it has no terminal anyway. */
function sshWithoutPrompt(settings: Settings): Record<string, string> {
  const variant = process.env.GIT_SSH_VARIANT || settingIn(settings, 'ssh.variant') || '';
  if (variant === 'simple') return {};
  const program = process.env.GIT_SSH ? `'${process.env.GIT_SSH.replace(/'/g, `'\\''`)}'` : 'ssh';
  const command = process.env.GIT_SSH_COMMAND || settingIn(settings, 'core.sshcommand') || program;
  const isPutty = /(?:^|[\\/])(?:tortoise)?plink(?:\.exe)?['"]?(?:\s|$)/i.test(command) || /plink|putty/.test(variant);
  return { GIT_SSH_COMMAND: `${command} ${isPutty ? '-batch' : '-o BatchMode=yes'}` };
}
