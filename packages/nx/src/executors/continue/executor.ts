import type { ExecutorContext } from '@nx/devkit';
import type { Environment } from '@kdcube/release/internal';
import { describeStage, KdcubeError } from '@kdcube/release/internal';
import { awsClock } from '../../aws/clock';
import { continueDeployments, findDeployments } from '../../targets/ecs/rollout/continue';
import { clusterOf, withEcs } from '../../targets/ecs/ecs-port';
import { openEnvironment } from '../../workspace/environment';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { runExecutor } from '../run-task';
import { answeredBefore, nothingToContinue } from './problems';
import type { ContinueOptions } from './schema';

/** Continues paused deployments, or lets ECS roll them back. Works with a broken release.yaml: that may be the reason for the rollback. */
export default function continueDeployment(options: ContinueOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const { environment } = openEnvironment(readWorkspaceLenient(root, plugin), options.environment);
    const services = chosenServices(environment, options.service);
    await withEcs(
      clusterOf(environment),
      async (ecs) => {
        const found = await findDeployments(ecs, environment, services, options.rollback);
        if (found.length === 0) throw nothingToContinue(environment.name, options.service, options.rollback);
        const verb = options.rollback ? 'rolling back' : 'continued';
        const others = options.dryRun ? [] : await continueDeployments(ecs, found, options.rollback);
        for (const { service, state, from, to } of found) {
          if (others.some((other) => other.service === service)) continue;
          log.event({ event: verb, service, stage: state.stage, deployment: state.arn, from, to, dryRun: options.dryRun });
          const change = options.rollback ? `${to} → ${from}` : `${from} → ${to}`;
          log.done(
            options.dryRun ? `would ${options.rollback ? 'roll back' : 'continue'}` : verb,
            service,
            `${change}, from ${describeStage(state)}`,
          );
        }
        if (others.length > 0) throw answeredBefore(environment.name, others, options.rollback);
      },
      awsClock(),
    );
    log.note(
      `nx run release:status:${environment.name}    shows how far ECS is; nx run release:deploy-ecs:${environment.name}    follows it to its verdict`,
    );
  });
}

function chosenServices(
  { name: environment, services }: Environment,
  chosen: string | undefined,
): { name: string; serviceName: string }[] {
  const all = services.filter(({ target, component }) => target === 'ecs' && component !== 'postgres-setup');
  const found = all.filter(({ name }) => chosen === undefined || name === chosen);
  if (found.length > 0) return found;
  throw new KdcubeError({
    code: 'wrong-option',
    message: `${environment} has no service ${chosen === undefined ? '' : `${chosen} `}on ECS.`,
    hint:
      all.length > 0
        ? `its services are: ${all.map(({ name }) => name).join(', ')}`
        : `nx run release:status:${environment}    shows what it has`,
  });
}
