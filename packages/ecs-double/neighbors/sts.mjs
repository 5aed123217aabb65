// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: "No permissions are required to perform this operation."
export function getCallerIdentity(world, _request, call) {
  const account = world.accounts?.[call.accessKey] ?? world.account;
  return {
    Arn: `arn:aws:sts::${account}:assumed-role/deployer/session`,
    UserId: 'AROAEXAMPLEDEPLOYER:session',
    Account: account,
  };
}
