import type { EnvChange } from '../../../deploy/deploy-plan';
import { shortImage } from '../../../deploy/short-names';
import type { HostFile } from '../render/host-files';
import { forcedHash } from '../render/render-release';
import type { RenderedService } from '../render/render-service';
import type { ContentService, HostRelease } from './host-release';
import type { HostContainer } from './host-state';

export interface ReasonInput {
  kind: 'service' | 'task';
  rendered: RenderedService;
  image: string;
  imageReasons: readonly string[];
  env: EnvChange;
  count: number;
  containers: readonly HostContainer[];
  /** The last release that succeeded on this host, and what it said of the service. */
  last?: HostRelease;
  before?: ContentService;
}

/** Why a service restarts, one phrase each; empty if it stays. */
export function restartReasons(input: ReasonInput): string[] {
  const { kind, rendered, containers, before, last, count } = input;
  if (kind === 'task') return taskReasons(input);
  if (containers.length === 0) return count === 0 ? [] : [last ? 'does not run' : 'first deployment here'];
  const hashes = new Set(containers.map(({ hash }) => hash));
  if (hashes.has(undefined)) return ['was not started by a deploy'];
  if ([...hashes].every((hash) => hash === rendered.hash)) return stateReasons(containers, count);
  if (containers.some(({ hash }) => hash === forcedHash(rendered.hash))) return ['an earlier deploy left the FORCE flags on'];
  // What the containers run is only known if it is the last release.
  if (before === undefined || ![...hashes].every((hash) => hash === before.hash))
    return ['runs another release than the last one'];
  return contentReasons(input, before);
}

/** postgres-setup: its last container tells, or the release that it belonged to. */
function taskReasons({ rendered, containers, last, before, ...input }: ReasonInput): string[] {
  const isDone =
    containers.some(({ hash, state, exitCode }) => hash === rendered.hash && state === 'exited' && exitCode === 0) ||
    before?.hash === rendered.hash;
  if (isDone) return [];
  if (!last) return ['first deployment here'];
  return before ? contentReasons({ rendered, containers, last, before, ...input }, before) : ['no successful run on this host'];
}

/** It was started with the right content, and does not run as it should. */
function stateReasons(containers: readonly HostContainer[], count: number): string[] {
  const bad = containers.find(({ state, health }) => state !== 'running' || health === 'unhealthy');
  const running = containers.filter(({ state }) => state === 'running').length;
  if (bad) return [bad.state === 'running' ? 'is unhealthy' : `is ${bad.state}`];
  return running === count ? [] : [`${running} → ${count} containers`];
}

function contentReasons({ rendered, image, imageReasons, env, count, last }: ReasonInput, before: ContentService): string[] {
  const names = [
    ...env.added.map((name) => `+${name}`),
    ...env.changed.map((name) => `~${name}`),
    ...env.removed.map((name) => `-${name}`),
  ];
  const reasons = [
    ...(before.image === image ? [] : [describeImage(before.image, image, imageReasons)]),
    ...(names.length > 0 ? [`env: ${firstNames(names)}`] : []),
    ...(before.baseHash === rendered.baseHash ? [] : ['the compose file on the host changed']),
    ...describeFiles(last?.content.files ?? [], rendered, before),
    ...(before.desiredCount === count ? [] : [`${before.desiredCount} → ${count} containers`]),
  ];
  return reasons.length > 0 ? reasons : ['a secret file or a setting changed'];
}

function describeImage(before: string, after: string, reasons: readonly string[]): string {
  if (before.split('@')[1] === after.split('@')[1]) return 'same image, other reference';
  return reasons.length > 0 ? `image: ${reasons.join(', ')}` : `image ${shortImage(before)} → ${shortImage(after)}`;
}

/** Mounted files whose content changed: their path on the host did. */
function describeFiles(old: readonly HostFile[], { files }: RenderedService, { env }: ContentService): string[] {
  const known = new Set(old.map(({ path }) => path));
  const names = files.filter(({ path, mode }) => mode === 0o644 && !known.has(path)).map(({ path }) => path.split('/').at(-1)!);
  return names.length > 0 && Object.keys(env).length > 0 ? [`file: ~${names.join(' ~')}`] : [];
}

const MAX_NAMES = 3;

function firstNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(' ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}
