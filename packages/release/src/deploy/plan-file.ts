import { KdcubeError } from '../problem/problem';
import { DeployPlan, type PlanSchema, type ReadablePlan } from './deploy-plan';
import { planChecksum } from './render/json';

/** Reads a saved plan of a deploy to ECS. The file may have been edited, so everything in it is checked. */
export function readPlan(content: string | Uint8Array, file: string): DeployPlan {
  return readPlanOf(DeployPlan, content, file);
}

/** The same for the plans of any target. */
export function readPlanOf<Plan extends Pick<ReadablePlan, 'services' | 'waves'>>(
  schema: PlanSchema<Plan>,
  content: string | Uint8Array,
  file: string,
): Plan {
  const refuse = (message: string): KdcubeError =>
    new KdcubeError({ code: 'plan-invalid', message, hint: 'nx run release:plan    writes one', at: { file } });
  const json = parseObject(content);
  if (json === undefined) throw refuse(`${file} is not valid JSON, or it is incomplete.`);
  const { checksum, ...written } = json;
  if (typeof json.plan === 'number' && json.plan > 2)
    throw refuse(`${file} has plan format ${json.plan}, which this version of @kdcube/nx does not support.`);
  const read = schema.safeParse(written);
  if (!read.success) {
    const [issue] = read.error.issues;
    const place = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    throw refuse(`${file} is not a plan of this version: ${place}${issue?.message ?? 'invalid'}.`);
  }
  if (checksum !== planChecksum(read.data, schema))
    throw refuse(`${file} was changed after it was made: its content does not match its checksum.`);
  const names = new Set(read.data.services.map(({ service }) => service));
  const stray = read.data.waves.flatMap(({ services }) => services).find((name) => !names.has(name));
  if (stray !== undefined) throw refuse(`A wave of ${file} names ${stray}, which is not one of its services.`);
  return read.data;
}

/** What a plan ends in, without what it starts from: a plan that is made again in the middle of its own deploy has the same outcome. */
export function planOutcome(plan: DeployPlan): string {
  const { environment, release, commit, account, region, cluster, services, exec, descriptor } = plan;
  const ends = services.map(({ service, image, desiredCount }) => [service, image.after, desiredCount.after]);
  return JSON.stringify([environment, release, commit, account, region, cluster, ends, exec?.image, descriptor.after]);
}

/** The text that identifies a plan; only its hash is ever shown. Notes are for people and do not count. */
export function planContent(plan: DeployPlan): string {
  const { notes: _, ...content } = plan;
  return JSON.stringify(content);
}

function parseObject(content: string | Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(typeof content === 'string' ? content : new TextDecoder().decode(content));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
