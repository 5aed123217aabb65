import { startDouble as start, type EcsDouble, PLACE } from '../../../release/testing/rollouts/kit';
import { rollOutWith, type Deploy } from '../../../release/testing/rollouts/run';
import type { DeployPlan } from '@kdcube/release/internal';
import { readinessPort } from '../../src/targets/ecs/rollout/readiness';
import { startBundles } from './bundles';
import { connectAws } from '../../src/aws/client';
import { awsClock } from '../../src/aws/clock';
import { ecsPort } from '../../src/targets/ecs/ecs-port';

/** A double that the AWS SDK in this process talks to. */
export async function startDouble(scenario?: object, names?: readonly string[]): Promise<EcsDouble> {
  const double = await start(scenario, names);
  useDouble(double);
  return double;
}

function useDouble({ url }: EcsDouble): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
}

/** The rollout core with the real client: the AWS SDK over HTTP, its retries and its clock. */
export const deploy: Deploy = async (double, plan, options = {}, place = {}, meanwhile = {}) => {
  useDouble(double);
  const { region, cluster } = { ...PLACE, ...place };
  const { machine } = meanwhile;
  const { now, sleep } = double.time;
  const time = machine ? awsClock({ wall: now, counted: now, sleep, ...machine(double) }) : double.time;
  const aws = await connectAws(region, time);
  const bundles = meanwhile.bundles && (await startBundles(meanwhile.bundles, time.now));
  const asking: DeployPlan = bundles ? { ...plan, readiness: { ...plan.readiness!, url: bundles.url } } : plan;
  const readiness = readinessPort(asking, 400);
  try {
    const run = { double, plan: asking, options, meanwhile, ...(readiness && { readiness }) };
    return await rollOutWith(ecsPort(aws, cluster), time, run);
  } finally {
    aws.close();
    await bundles?.close();
  }
};
