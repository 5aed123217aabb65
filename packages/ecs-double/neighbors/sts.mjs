// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: "No permissions are required to perform this operation."

/** @import { Call, Request, World } from '../state/types.d.ts' */
/**
 * @param {World} world
 * @param {Request} _request
 * @param {Call} call
 */
export function getCallerIdentity(world, _request, call) {
  const account = world.accounts?.[call.accessKey ?? ''] ?? world.account;
  return {
    Arn: `arn:aws:sts::${account}:assumed-role/deployer/session`,
    UserId: 'AROAEXAMPLEDEPLOYER:session',
    Account: account,
  };
}
