import { createHash } from 'node:crypto';
import { KdcubeError } from '../problem/problem';
import { DeployPlan } from './deploy-plan';

/** The bytes of a plan as it is saved. Its sum tells one that was changed since: a plan is made, and not written. It keeps nobody from writing a sum too. */
export function printPlan(plan: DeployPlan): string {
  return `${JSON.stringify({ ...plan, sum: sumOf(plan) }, null, 2)}\n`;
}

/** A saved plan. It comes from a file that anybody may have edited: everything of it is checked, and its task definitions may be nothing but objects. */
export function readPlan(content: string | Uint8Array, file: string): DeployPlan {
  const refuse = (message: string): KdcubeError =>
    new KdcubeError({ code: 'plan-invalid', message, hint: 'nx run release:plan    writes one', at: { file } });
  const json = parsed(content);
  if (json === undefined) throw refuse(`${file} is no JSON, or not all of it is there.`);
  const { sum, ...written } = json;
  if (typeof json.plan === 'number' && json.plan > 1)
    throw refuse(`${file} is a plan of a later version (${json.plan}): this one of @kdcube/nx cannot carry it out.`);
  const read = DeployPlan.safeParse(written);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw refuse(`${file} is no plan of this version: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong'}.`);
  }
  if (sum !== sumOf(read.data)) throw refuse(`${file} was changed after it was made: what it says does not fit its sum.`);
  const names = new Set(read.data.services.map(({ service }) => service));
  const stray = read.data.waves.flatMap(({ services }) => services).find((name) => !names.has(name));
  if (stray !== undefined) throw refuse(`A wave of ${file} names ${stray}, which is none of its services.`);
  return read.data;
}

/** What a plan leads to, whatever it begins from: made anew in the middle of its own deploy, it says the same. */
export function wantedContent(plan: DeployPlan): string {
  const { environment, release, commit, account, region, cluster, services, exec, descriptor } = plan;
  const ends = services.map(({ service, image, count }) => [service, image.after, count.after]);
  return JSON.stringify([environment, release, commit, account, region, cluster, ends, exec?.image, descriptor.after]);
}

/** A definition of a plan says where a service runs; its values are nobody's business but ECS's, and the id shows none of them. */
export function planContent(plan: DeployPlan): string {
  const { notes: _, ...content } = plan;
  return JSON.stringify(content);
}

/** Of the plan in the order of its keys, whatever order it has. */
function sumOf(plan: DeployPlan): string {
  return createHash('sha256')
    .update(JSON.stringify(DeployPlan.parse(plan)))
    .digest('hex');
}

function parsed(content: string | Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(typeof content === 'string' ? content : new TextDecoder().decode(content));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
