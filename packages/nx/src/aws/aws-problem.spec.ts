import { toAwsProblem } from './aws-problem';

const USER = 'User: arn:aws:sts::123456789012:assumed-role/deployer/session';
const ROLE = 'arn:aws:iam::123456789012:role/execution';

function denied(message: string, name = 'AccessDeniedException') {
  const { problems } = toAwsProblem(Object.assign(new Error(message), { name }), 'ecs:RegisterTaskDefinition', 'eu-central-1');
  return [problems[0]!.code, problems[0]!.hint];
}

describe('the hint of a denied call names the action that AWS named', () => {
  it.each([
    [
      'a role may not be passed',
      `${USER} is not authorized to perform: iam:PassRole on resource: ${ROLE} because no identity-based policy allows the iam:PassRole action`,
      `grant iam:PassRole on ${ROLE} to this user or role`,
    ],
    [
      'the action itself',
      `${USER} is not authorized to perform: ecs:RegisterTaskDefinition on resource: * because no identity-based policy allows it`,
      'grant ecs:RegisterTaskDefinition to this user or role',
    ],
    [
      'a key may not be used',
      `${USER} is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-central-1:123456789012:key/1234.`,
      'grant kms:Decrypt on arn:aws:kms:eu-central-1:123456789012:key/1234 to this user or role',
    ],
    [
      'an action without a resource',
      `${USER} is not authorized to perform: logs:GetLogEvents`,
      'grant logs:GetLogEvents to this user or role',
    ],
    [
      'a tag may not be set',
      `${USER} is not authorized to perform: ecs:TagResource on resource: arn:aws:ecs:eu-central-1:123456789012:task-definition/acme:* because no permissions boundary allows the ecs:TagResource action`,
      'grant ecs:TagResource on arn:aws:ecs:eu-central-1:123456789012:task-definition/acme:* to this user or role',
    ],
    [
      'an explicit deny',
      `${USER} is not authorized to perform: iam:PassRole on resource: ${ROLE} with an explicit deny in a service control policy`,
      `remove the explicit deny of iam:PassRole on ${ROLE} from the service control policy: no grant outweighs it`,
    ],
    ['no action is named', 'Access denied', 'grant ecs:RegisterTaskDefinition to this user or role'],
  ])('%s', (_, message, hint) => expect(denied(message)).toEqual(['aws-denied', hint]));

  it('also if AWS gives the error another name', () => {
    const message = `${USER} is not authorized to perform: iam:PassRole on resource: ${ROLE}`;
    for (const name of ['ClientException', 'InvalidParameterException', 'UnauthorizedOperation'])
      expect(denied(message, name)).toEqual(['aws-denied', `grant iam:PassRole on ${ROLE} to this user or role`]);
  });
});
