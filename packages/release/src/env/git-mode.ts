import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import type { Service } from '../environment/environment';
import { gitModeFacts, HTTPS_TOKEN_SINCE, readsHttpsToken, TASK_CLONES, type GitModeFacts } from '../platform/git-mode';
import type { BundleClone } from '../descriptor/git-source';
import { isLoopback, shownUrl } from '../release/refs';
import type { EnvInput } from './env-input';
import type { Env } from './settings';

interface Findings {
  problems: Problem[];
  notes: Problem[];
}

/** Why proc could not clone the bundles, or code could not see them. Empty in baked mode. */
export function gitModeFindings(input: EnvInput): Findings {
  const { environment, release, descriptor } = input;
  const found: Findings = { problems: [], notes: [] };
  if (environment.bundles.mode !== 'git') return found;
  const facts = gitModeFacts(release.generation);
  for (const proc of environment.services.filter(({ component }) => component === 'proc')) {
    if (!(input.imageHasGit ?? facts.gitInImage)) found.problems.push(noGit(proc));
    for (const clones of byRepository(descriptor.clones)) checkCredentials(clones, proc, input, found);
    if (environment.exec?.runtime === 'docker') checkDockerMount(proc, facts, found.problems);
  }
  return found;
}

/** Where proc clones to, and which folder of the host that is for docker. */
export function cloneRootSettings({ environment, release }: Pick<EnvInput, 'environment' | 'release'>, proc: Service): Env {
  if (environment.bundles.mode !== 'git') return {};
  const { root, hostRoot } = gitModeFacts(release.generation);
  const mount = proc.mounts.find(({ path }) => path === root.folder);
  return {
    [root.variable]: mount ? root.folder : TASK_CLONES,
    ...(mount?.host !== undefined && environment.exec?.runtime === 'docker' && { [hostRoot]: mount.host }),
  };
}

function noGit({ name }: Service): Problem {
  return {
    code: 'git-missing',
    message: `${quoted(name)} cannot clone the bundles: its image has no git. The platform installs it since 2026-03-03.`,
    hint: 'bundles:\n  mode: baked',
  };
}

/** The clones of each repository, in order. */
function byRepository(clones: readonly BundleClone[]): [BundleClone, ...BundleClone[]][] {
  const groups = new Map<string, [BundleClone, ...BundleClone[]]>();
  for (const clone of clones) {
    const group = groups.get(clone.repo);
    if (group) group.push(clone);
    else groups.set(clone.repo, [clone]);
  }
  return [...groups.values()];
}

/** The form of a URL decides which credentials git uses. The platform has no terminal: a question that git asks is a failure. */
function checkCredentials(
  [{ repo, id }]: [BundleClone, ...BundleClone[]],
  proc: Service,
  { environment, release }: EnvInput,
  { problems, notes }: Findings,
): void {
  const has = (name: string) => Object.hasOwn(proc.env, name) || Object.hasOwn(proc.secrets, name);
  const { ssh_key: key, known_hosts: hosts } = environment.bundles.git;
  const token = has('GIT_HTTP_TOKEN');
  const readsToken = readsHttpsToken(release.platform.ref, release.generation);
  const subject = `${quoted(id)} is cloned from ${shownUrl(repo)}`;
  const add = (list: Problem[], message: string, hint: string) => {
    if (!list.some((problem) => problem.message === message)) list.push({ code: 'git-credentials', message, hint });
  };
  const transport = transportOf(repo);
  if (transport === 'local')
    return add(
      problems,
      `${subject}, which is on this machine: ${proc.name} cannot reach it.`,
      'repo: a URL with https:// or ssh',
    );
  if (token && readsToken === false)
    return add(
      problems,
      `${proc.name} has GIT_HTTP_TOKEN, but only platforms since ${HTTPS_TOKEN_SINCE} read it: ${subject} without it.`,
      'bundles:\n  git: {ssh_key: /run/secrets/git_ssh_key, known_hosts: /run/secrets/git_known_hosts}',
    );
  if (transport === 'https') {
    if (!token)
      add(
        notes,
        `${subject} without credentials, which works for a public repository only.`,
        'secrets:\n  proc:\n    GIT_HTTP_TOKEN: secretsmanager:<name>',
      );
    return;
  }
  if ((token && isRewritten(repo)) || has('GIT_SSH_COMMAND')) return;
  if (token && key === undefined)
    return add(
      problems,
      `${subject} over ssh, and the platform uses GIT_HTTP_TOKEN only for git@host:path and ssh://git@host/path.`,
      'repo: https://…',
    );
  if (key === undefined)
    return add(
      problems,
      `${subject} over ssh, but ${proc.name} has no key.`,
      'bundles:\n  git: {ssh_key: /run/secrets/git_ssh_key, known_hosts: /run/secrets/git_known_hosts}    or an https:// URL and the secret GIT_HTTP_TOKEN',
    );
  if (hosts === undefined && !has('GIT_SSH_STRICT_HOST_KEY_CHECKING'))
    add(
      problems,
      `${subject} over ssh, but ${proc.name} has no known_hosts: ssh asks to confirm the host key, and has no terminal.`,
      'bundles:\n  git:\n    known_hosts: /run/secrets/git_known_hosts',
    );
  for (const file of [key, ...(hosts === undefined ? [] : [hosts])])
    if (!proc.mounts.some(({ path }) => file === path || file.startsWith(`${path}/`)))
      add(
        notes,
        `No mount of ${proc.name} has ${file}, which git needs: something else must put it into the container.`,
        `services:\n  ${proc.name}:\n    mounts: {${file.slice(0, file.lastIndexOf('/')) || file}: {efs: …}}`,
      );
}

/** docker mounts the bundles of the host beside code, so proc must clone into a folder of the host. */
function checkDockerMount({ name, mounts }: Service, { root, hostRootIsInside }: GitModeFacts, problems: Problem[]): void {
  const mount = mounts.find(({ path }) => path === root.folder);
  const expected = hostRootIsInside ? root.folder : `/opt/kdcube${root.folder}`;
  if (mount?.host !== undefined && (!hostRootIsInside || mount.host === root.folder)) return;
  problems.push({
    code: 'git-exec',
    message:
      mount?.host === undefined
        ? `Code that docker runs cannot see the bundles: ${quoted(name)} clones them into the container, and docker mounts folders of the host.`
        : `Code that docker runs cannot see the bundles: this platform looks for ${mount.host} in the container of ${quoted(name)} too.`,
    hint: `services:\n  ${name}:\n    mounts: {${root.folder}: {host: ${expected}}}    or exec.runtime: fargate, which gets them from ${name}`,
  });
}

function transportOf(url: string): 'ssh' | 'https' | 'local' {
  if (/^https?:\/\//.test(url)) return isLoopback(new URL(url).hostname) ? 'local' : 'https';
  return url.startsWith('file:') ? 'local' : 'ssh';
}

/** With a token, the platform clones these over https. */
function isRewritten(url: string): boolean {
  return /^git@[^/]+:/.test(url) || /^ssh:\/\/git@[^/:]+\//.test(url);
}
