import { KdcubeError } from '../../problem';
import { DeployPlan } from './deploy-plan';

/** A saved plan. It comes from a file that anybody may have edited: everything of it is checked, and its task definitions may be nothing but objects. */
export function readPlan(content: string | Uint8Array, file: string): DeployPlan {
  const refuse = (message: string): KdcubeError =>
    new KdcubeError({ code: 'plan-invalid', message, hint: 'nx run release:plan    writes one', at: { file } });
  let json: unknown;
  try {
    json = JSON.parse(typeof content === 'string' ? content : new TextDecoder().decode(content));
  } catch {
    throw refuse(`${file} is no JSON.`);
  }
  const read = DeployPlan.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw refuse(`${file} is no plan of this version: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong'}.`);
  }
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
