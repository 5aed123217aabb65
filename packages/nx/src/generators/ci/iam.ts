import { type Environment, iamPolicy } from '@kdcube/release/internal';
import { readNxJson, type Tree } from '@nx/devkit';
import { pluginOptions } from '../../plugin-options';
import { chosenEnvironments } from './facts';

/** The IAM policies of the pipeline's roles, by their file. One role plans for every environment. */
export function iamFiles(tree: Tree, wanted: string | undefined): Map<string, string> {
  const { registry } = pluginOptions(readNxJson(tree));
  const environments = chosenEnvironments(tree, wanted);
  const registryOf = (environment?: Environment) => [environment?.registry, registry].find((each) => each !== undefined && !each.includes('<')); // prettier-ignore
  const common = registry ?? environments.map(({ registry: own }) => own).find((own) => own !== undefined);
  const plans = environments.map((environment) => iamPolicy('plan', registryOf(environment), environment));
  const push = iamPolicy('push', common?.includes('<') ? undefined : common);
  const statements = plans.flatMap(({ Statement }) => Statement);
  // Environments of one account say the same of its registry and its clusters.
  const merged = [...new Map(statements.map((each) => [JSON.stringify(each), each])).values()];
  const plan = { Version: push.Version, Statement: withOwnNames(merged) };
  return new Map(
    [
      ['iam/plan.json', plan] as const,
      ['iam/push.json', push] as const,
      ...environments.map((each) => [`iam/deploy-${each.name}.json`, iamPolicy('deploy', registryOf(each), each)] as const),
    ]
      .filter(([, { Statement }]) => Statement.length > 0)
      .map(([file, policy]) => [file, `${JSON.stringify(policy, null, 2)}\n`]),
  );
}

/** IAM wants the Sids of a policy to differ. */
function withOwnNames<Statement extends { Sid: string }>(statements: readonly Statement[]): Statement[] {
  return statements.map((each, index) => {
    const before = statements.slice(0, index).filter(({ Sid }) => Sid === each.Sid).length;
    return before === 0 ? each : { ...each, Sid: `${each.Sid}${before + 1}` };
  });
}
