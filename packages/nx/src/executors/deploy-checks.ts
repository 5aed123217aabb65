import { type Environment, KdcubeError, type ReadablePlan } from '@kdcube/release/internal';

type Checked = Pick<ReadablePlan, 'environment' | 'uncommitted'>;

/** In CI, what is deployed must be a commit: a job that generates or changes files would deploy content that no commit has. `verb`: the target to run. */
export function checkCommitted({ environment, uncommitted = [] }: Checked, allowed: boolean, verb: string): void {
  if (uncommitted.length === 0 || allowed || !isCi()) return;
  throw new KdcubeError({
    code: 'not-committed',
    message: `In CI, only committed content is deployed. Not committed: ${uncommitted.join(', ')}.`,
    hint: `git status    shows what the job changed; nx run release:${verb}:${environment} --allowUncommitted    deploys it all the same`,
  });
}

/** As CI systems and Nx define it. */
function isCi(): boolean {
  return !['', 'false', '0'].includes(process.env.CI ?? '');
}

/** Refuses a plan that was made for another environment. */
export function requireOwnPlan<Plan extends Checked>(plan: Plan, file: string, environment: Environment, verb: string): Plan {
  if (plan.environment === environment.name) return plan;
  throw new KdcubeError({
    code: 'plan-invalid',
    message: `${file} is a plan for ${plan.environment}, not for ${environment.name}.`,
    hint: `nx run release:${verb}:${plan.environment} --plan=${file}`,
    at: { file },
  });
}
