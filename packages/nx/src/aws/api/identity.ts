import type { AwsConnection } from '../client';
import { invalidResponse } from '../response';
import { IAM, STS } from '../services';
import { callQuery } from '../signed-request';
import { findElement, findText, listItems } from '../xml';

/** STS and IAM. */
export interface IdentityApi {
  /** The id of the account that the credentials belong to. */
  getAccountId(): Promise<string>;
  /** The trust policy of a role, as JSON text. */
  getTrustPolicy(role: string): Promise<string>;
  /** The actions that IAM denies a role. */
  findDeniedActions(roleArn: string, actions: readonly string[], resources: readonly string[]): Promise<string[]>;
}

export function identityApi(aws: AwsConnection): IdentityApi {
  return {
    async getAccountId() {
      const response = await callQuery(aws, STS, 'GetCallerIdentity', {});
      const account = findText(response, 'GetCallerIdentityResult', 'Account') ?? '';
      if (!/^\d{12}$/.test(account)) throw invalidResponse('sts:GetCallerIdentity');
      return account;
    },
    async getTrustPolicy(role) {
      const response = await callQuery(aws, IAM, 'GetRole', { RoleName: role });
      const policy = findText(response, 'GetRoleResult', 'Role', 'AssumeRolePolicyDocument');
      if (policy === undefined) throw invalidResponse('iam:GetRole');
      return decodePolicy(policy);
    },
    async findDeniedActions(roleArn, actions, resources) {
      const response = await callQuery(aws, IAM, 'SimulatePrincipalPolicy', {
        PolicySourceArn: roleArn,
        ...numbered('ActionNames', actions),
        ...numbered('ResourceArns', resources),
      });
      const results = listItems(findElement(response, 'SimulatePrincipalPolicyResult'), 'EvaluationResults', 'member');
      const decisionsOn = (action: string) =>
        results
          .filter((result) => findText(result, 'EvalActionName') === action)
          .map((result) => findText(result, 'EvalDecision'));
      // An action without a decision is neither allowed nor denied.
      if (actions.some((action) => decisionsOn(action).length === 0 || decisionsOn(action).includes(undefined)))
        throw invalidResponse('iam:SimulatePrincipalPolicy');
      return actions.filter((action) => decisionsOn(action).some((decision) => decision !== 'allowed'));
    },
  };
}

function numbered(name: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${name}.member.${index + 1}`, value]));
}

/** IAM encodes policies as a URL does. */
function decodePolicy(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
