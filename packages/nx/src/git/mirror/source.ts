import * as path from 'node:path';
import { isLoopback, KdcubeError, parseRepo, quoted, shownUrl } from '@kdcube/release/internal';
import { cacheDir, makeDir } from '../../system/files/files';
import { gitText } from '../git';
import { type GitContext } from '../environment';
import { defaultRemote, configValue, readGitConfig, type GitConfig } from '../config';
import type { GitRemote } from './store';
import { openWorktree, type Worktree } from '../worktree';

/** A repository to read. `self`: it is this workspace's own remote; git then runs inside the checkout at `root`, with its credentials. */
export interface RepoSource {
  url: string;
  self: boolean;
  root: string;
}

/** The name of the remote that has a source's URL. */
const REMOTE_NAME = 'kdcube-source';

/** git verifies what a mirror fetches; harmless mistakes of old tools are accepted. */
const FSCK_CONFIG: Record<string, string> = {
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

/** A source as a git remote for use in `cwd` (a mirror, or any folder outside a repository). Problem `unsafe-url`. */
export async function sourceRemote(source: RepoSource, cwd: string): Promise<GitRemote> {
  if (!path.isAbsolute(source.url)) {
    const context = parseRepo(source.url);
    if ('code' in context) throw new KdcubeError(context);
    if (context.kind === 'name')
      throw new KdcubeError({
        code: 'unknown-repo',
        message: `${quoted(source.url)} is a name, not a URL: no repository is configured under this name.`,
      });
  }
  const context: GitContext = { cwd, config: { [`remote.${REMOTE_NAME}.url`]: source.url, ...FSCK_CONFIG } };
  const remote: GitRemote = {
    context,
    name: REMOTE_NAME,
    displayUrl: shownUrl(source.url),
    kind: 'mirror',
    lock: `the mirror ${cwd}`,
  };
  // The mirror's folder may not exist yet, and has no settings of its own: the user's settings are read outside it.
  const outside = outsideRepository();
  makeDir(outside.cwd);
  return withTransport(remote, source.url, await readGitConfig(outside));
}

/** What is already known about a checkout, and where git runs if its objects are written elsewhere. */
export interface CheckoutContext {
  context: GitContext;
  worktree: Pick<Worktree, 'objects'>;
  config: GitConfig;
}

/** The remote of the checkout at `root`. Undefined if it has none. */
export async function checkoutRemote(root: string, known?: CheckoutContext): Promise<GitRemote | undefined> {
  const { context, worktree: workspace, config: settings } = known ?? (await readCheckout(root));
  const name = defaultRemote(settings);
  if (name === undefined) return undefined;
  const url = await fetchUrl(context, name, settings);
  const lock = `the repository ${workspace.objects}`;
  return withTransport({ context, name, displayUrl: shownUrl(url), kind: 'checkout', lock }, url, settings);
}

/** Reads the checkout at `root`. Problem `not-a-repository`. */
export async function readCheckout(root: string): Promise<CheckoutContext> {
  const context = { cwd: root };
  const [workspace, settings] = await Promise.all([openWorktree(root), readGitConfig(context)]);
  return { context, worktree: workspace, config: settings };
}

/** The URL after insteadOf rules: its transport is the one that will be used. */
async function fetchUrl(context: GitContext, name: string, settings: GitConfig): Promise<string> {
  if ([...settings.keys()].some((key) => /^url\..*insteadof$/is.test(key)))
    return gitText(context, ['ls-remote', '--get-url', '--', name]);
  return settings.get(`remote.${name}.url`)?.[0] ?? name;
}

/** A folder outside any repository, for commands that need none. */
export function outsideRepository(): GitContext {
  const dir = cacheDir('git');
  return { cwd: dir, env: { GIT_CEILING_DIRECTORIES: path.dirname(dir) } };
}

function withTransport(remote: GitRemote, url: string, settings: GitConfig): GitRemote {
  const transports = isLoopbackHttp(url) ? { GIT_ALLOW_PROTOCOL: 'file:ssh:https:http' } : {};
  const env = { ...remote.context.env, ...transports, ...sshWithoutPrompt(settings) };
  return { ...remote, context: { ...remote.context, env } };
}

function isLoopbackHttp(url: string): boolean {
  try {
    const { protocol, hostname } = new URL(url);
    return protocol === 'http:' && isLoopback(hostname);
  } catch {
    return false;
  }
}

/** The user's own ssh command, without prompts. A wrapper without options (variant `simple`) is not changed: it has no terminal anyway. */
function sshWithoutPrompt(settings: GitConfig): Record<string, string> {
  const variant = process.env.GIT_SSH_VARIANT || configValue(settings, 'ssh.variant') || '';
  if (variant === 'simple') return {};
  const program = process.env.GIT_SSH ? `'${process.env.GIT_SSH.replace(/'/g, `'\\''`)}'` : 'ssh';
  const command = process.env.GIT_SSH_COMMAND || configValue(settings, 'core.sshcommand') || program;
  const isPutty = /(?:^|[\\/])(?:tortoise)?plink(?:\.exe)?['"]?(?:\s|$)/i.test(command) || /plink|putty/.test(variant);
  return { GIT_SSH_COMMAND: `${command} ${isPutty ? '-batch' : '-o BatchMode=yes'}` };
}
