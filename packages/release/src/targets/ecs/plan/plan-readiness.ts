import type { Environment } from '../../../environment/environment';
import type { DeployPlan } from '../../../deploy/deploy-plan';
import type { DescriptorSecrets } from '../../../deploy/descriptor-secrets';
import { generationRow, type Generation } from '../../../platform/generation';

/** What a deploy needs to know of the environment to ask about its bundles. */
export type AskingEnvironment = Pick<Environment, 'name' | 'tenant' | 'project' | 'readiness' | 'services' | 'bundles'>;

interface Input {
  environment: AskingEnvironment;
  release: {
    /** Undefined if the record of a rollback does not say it. */
    generation: Generation | undefined;
    bundles: readonly { id: string }[];
  };
}

/** Where a deploy asks proc whether the bundles of the release are ready; undefined if it cannot. */
export function planReadiness({ environment, release }: Input, secrets?: DescriptorSecrets): DeployPlan['readiness'] {
  const { readiness, tenant, project } = environment;
  if (readiness?.url === undefined || !release.generation || !generationRow(release.generation).bundleReadiness) return undefined;
  if (!hasProc(environment) || isLoadedLater(environment, secrets)) return undefined;
  return { ...readiness, url: readiness.url, tenant, project, bundles: release.bundles.map(({ id }) => id) };
}

/** Why a deploy cannot ask, where one might expect it. */
export function describeReadiness({ environment, release }: Input, secrets?: DescriptorSecrets): string[] {
  if (!hasProc(environment)) return [];
  if (!release.generation)
    return environment.readiness
      ? [
          'readiness: the record of this release does not name its platform, so it is not known whether the platform answers. The verdict rests on tasks and digests.',
        ]
      : [];
  const answers = generationRow(release.generation).bundleReadiness;
  if (environment.readiness && !answers)
    return [
      `readiness: a platform of ${release.generation} does not answer whether its bundles are ready. The verdict rests on tasks and digests.`,
    ];
  if (environment.readiness?.url === undefined && answers)
    return [
      `A healthy proc of this platform proves nothing about its bundles, and ${environment.name} does not say where to ask (readiness.url). The verdict rests on tasks and digests.`,
    ];
  if (environment.readiness && isLoadedLater(environment, secrets))
    return [
      'readiness: with bundles.reload: false, proc lists the changed bundles only after an admin reloads them, so this deploy does not ask about them. The verdict rests on tasks and digests.',
    ];
  return [];
}

/** Whether a person loads the changed list of bundles after the deploy. */
function isLoadedLater({ bundles }: AskingEnvironment, secrets: DescriptorSecrets | undefined): boolean {
  return secrets !== undefined && secrets.writes.length > 0 && !bundles.reload;
}

function hasProc({ services }: AskingEnvironment): boolean {
  return services.some(({ component, target }) => component === 'proc' && target === 'ecs');
}
