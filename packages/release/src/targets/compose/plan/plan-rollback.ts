import { compareBundles } from '../../../deploy/compare-bundles';
import { describeForcedStep } from '../../../deploy/registry-step';
import { planWaves } from '../../../deploy/waves';
import { KdcubeError, quoted } from '../../../problem/problem';
import { forcedHash } from '../render/render-release';
import type { ComposePlan, ComposeStep } from './compose-plan';
import { type ContentService, type HostRelease, lastGoodRelease } from './host-release';
import { baselineOf, containersOf, type HostState } from './host-state';
import { compareConfigFiles } from './edited-files';
import { describeEdited, gatewayOf } from './plan-compose';

export interface RollbackInput {
  environment: string;
  host: string;
  project: string;
  directory: string;
  file: string;
  state: HostState;
  /** What stands for the secret files now: they are not rolled back. */
  secretStamps: ReadonlyMap<string, string>;
  /** The files that the platform edits too, as the host has them, by path. */
  configFiles: ReadonlyMap<string, string>;
  /** The name of the release. Undefined: the last one that succeeded and does not run. */
  to?: string;
}

/** Plans a rollback from what the host keeps: neither the workspace nor a registry is asked. */
export function planComposeRollback(input: RollbackInput): ComposePlan {
  const { environment, host, project, directory, file, state, secretStamps } = input;
  const target = chooseRelease(input);
  const { content } = target;
  const last = lastGoodRelease(state.releases);
  const services = Object.entries(content.services).map(([service, each]) => planStep(service, each, target, state));
  const changed = last === undefined || last.content.descriptor !== content.descriptor;
  const gatewayChanged = last === undefined || gatewayOf(last.content) !== gatewayOf(content);
  const config = compareConfigFiles(content.configFiles, last?.content.configFiles ?? [], input.configFiles);
  const redis = {
    descriptor: { changed, after: content.descriptor, force: changed && services.some(({ component }) => component === 'proc') },
    gateway: { changed: gatewayChanged, force: gatewayChanged },
  };
  return {
    plan: 2,
    target: 'compose',
    environment,
    release: target.release,
    ...(target.commit !== undefined && { commit: target.commit }),
    ...(target.platform && { platform: target.platform }),
    host,
    project,
    directory,
    file,
    baseline: Object.fromEntries(services.map(({ serviceName }) => [serviceName, baselineOf(containersOf(state, serviceName))])),
    secretStamps: Object.fromEntries(secretStamps),
    ...config,
    starts: [],
    waves: planWaves(services),
    services,
    ...(content.exec && {
      exec: { change: last?.content.exec?.image === content.exec.image ? 'none' : 'update', image: content.exec.image },
    }),
    bundles: compareBundles({
      after: content.bundles,
      ...(last && { before: last.content.bundles }),
      described: new Map((last?.content.bundles ?? []).map((bundle) => [bundle.id, bundle])),
      imageChanges: services.some(({ component, change }) => component === 'proc' && change === 'update'),
      mode: 'baked',
      subjects: new Map(),
    }),
    ...redis,
    content,
    notes: [
      ...describeEdited(config.edited),
      'The database schema is not rolled back.',
      ...describeForcedStep({ services, ...redis }),
    ],
  };
}

function planStep(service: string, each: ContentService, { release }: HostRelease, state: HostState): ComposeStep {
  const containers = containersOf(state, each.serviceName);
  const running = containers.filter(({ state: status }) => status === 'running');
  const isRunning =
    running.length === each.desiredCount && containers.every(({ hash, health }) => hash === each.hash && health !== 'unhealthy');
  // A task has done its work, and is not undone.
  const stays = each.kind === 'task' || (isRunning && running.length === containers.length);
  const isForced = containers.some(({ hash }) => hash === forcedHash(each.hash));
  return {
    service,
    component: each.component,
    kind: each.kind,
    serviceName: each.serviceName,
    change: stays ? 'none' : 'update',
    reasons: stays ? [] : [isForced ? 'an earlier deploy left the FORCE flags on' : `back to ${release}`],
    image: { ...(containers[0] && { before: containers[0].image }), after: each.image },
    digests: each.digests,
    env: { added: [], changed: [], removed: [] },
    desiredCount: { ...(containers.length > 0 && { before: running.length }), after: each.desiredCount },
    stopTimeout: each.stopTimeout,
    hash: each.hash,
    interrupted: !stays && running.length > 0,
  };
}

/** The named release's last success; without a name, the last success that does not run. */
function chooseRelease({ state, to, environment }: RollbackInput): HostRelease {
  const succeeded = [...state.releases].filter(({ verdict }) => verdict === 'succeeded').sort((a, b) => b.number - a.number);
  const found = succeeded.find((release) => (to === undefined ? !runs(release, state) : release.release === to));
  if (found) return found;
  const names = [...new Set(succeeded.map(({ release }) => release))];
  throw new KdcubeError({
    code: 'release-not-found',
    message:
      to === undefined
        ? `The host keeps no successful release of ${environment} other than the one that runs.`
        : `The host keeps no successful release ${quoted(to)} of ${environment}.`,
    hint:
      names.length > 0
        ? `one of ${names.slice(0, 10).join(', ')}; or deploy that release again, from its commit`
        : `nx run release:history:${environment}    lists what was deployed`,
  });
}

function runs({ content: { services } }: HostRelease, state: HostState): boolean {
  return Object.values(services).every(
    ({ kind, serviceName, hash }) =>
      kind === 'task' || containersOf(state, serviceName).some((container) => container.hash === hash),
  );
}
