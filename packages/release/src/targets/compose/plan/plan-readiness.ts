import type { PlannedReadiness } from '../../../deploy/deploy-plan';
import type { EnvPlan } from '../../../env/env';
import type { Environment, Service } from '../../../environment/environment';
import { factsOf } from '../../../platform/components';
import { generationRow } from '../../../platform/generation';
import type { Release } from '../../../release/release';

type PlacedRelease = Pick<Release, 'generation'> & { bundles: readonly { id: string }[] };

/** How a deploy asks proc in its container whether the bundles are ready: there it wants no credential, and no port has to be published. Undefined if the platform does not answer. */
export function planReadiness(
  environment: Environment,
  { generation, bundles }: PlacedRelease,
  rendered: EnvPlan['services'],
): PlannedReadiness | undefined {
  const { readiness, tenant, project } = environment;
  const proc = findProc(environment);
  if (!proc || !generationRow(generation).bundleReadiness || isLoadedLater(environment)) return undefined;
  const variables = rendered.find(({ service }) => service === proc.name)?.env ?? {};
  const port = variables.CHAT_PROCESSOR_PORT ?? String(factsOf('proc').port);
  return {
    url: `http://127.0.0.1:${port}/monitoring/applications`,
    headers: {},
    wait: readiness?.wait ?? 'all',
    tenant,
    project,
    bundles: bundles.map(({ id }) => id),
  };
}

/** What a deploy to a host does with `readiness`, where one might expect something else. */
export function describeReadiness(environment: Environment, { generation }: Pick<Release, 'generation'>): string[] {
  const { readiness } = environment;
  if (!findProc(environment)) return [];
  const answers = generationRow(generation).bundleReadiness;
  if (answers && isLoadedLater(environment))
    return [
      'With a bundle descriptor in Secrets Manager, proc may list changed bundles only after a reload, so this deploy does not ask about them. The verdict rests on containers and digests.',
    ];
  if (!readiness) return [];
  if (!answers)
    return [
      `readiness: a platform of ${generation} does not answer whether its bundles are ready. The verdict rests on containers and digests.`,
    ];
  return readiness.url === undefined ? [] : ['readiness.url is for ECS: on a host, proc is asked in its container.'];
}

function isLoadedLater({ bundles }: Environment): boolean {
  return bundles.descriptor === 'aws-sm';
}

function findProc({ services }: Environment): Service | undefined {
  return services.find(({ component, target }) => component === 'proc' && target === 'compose');
}
