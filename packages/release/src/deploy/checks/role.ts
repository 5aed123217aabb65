import { type Check, fail, pass, unknown } from './check';

const EXECUTION_ROLE = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html';
const TASK_ROLE = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html';

/** Its subject is the service, or exec. */
export const executionRoleSet: Check<{ role: string | undefined }> = {
  name: 'execution-role-set',
  kind: 'role',
  title: 'Every task definition that the environment makes has an execution role',
  why: 'Fargate cannot write the log of a task, or pull a private image, without one.',
  source: EXECUTION_ROLE,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ role }) {
    if (role !== undefined) return pass(`has the execution role ${role}`);
    return fail('has no execution role: Fargate cannot write its log without one', 'ecs:\n  execution_role: …');
  },
};

/** `trustPolicy`: JSON text; undefined if the role does not exist. */
export const roleTrust: Check<{ trustPolicy: string | undefined }> = {
  name: 'role-trust',
  kind: 'role',
  title: 'Every role exists, and ECS tasks can assume it',
  why: 'A task whose role cannot be assumed does not start.',
  source: TASK_ROLE,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ trustPolicy }, name) {
    if (trustPolicy === undefined) return fail('does not exist', `aws iam create-role --role-name ${name} …`);
    if (/ecs-tasks\.amazonaws\.com/.test(trustPolicy)) return pass('exists, and ECS tasks can assume it');
    return fail(
      'cannot be assumed by ECS tasks: its trust policy does not name ecs-tasks.amazonaws.com',
      `aws iam get-role --role-name ${name}`,
    );
  },
};

export interface PermissionFacts {
  /** The resources that exist. */
  resources: readonly string[];
  /** The actions that IAM denies on them. */
  denied: readonly string[];
  reason: string;
}

/** Its subject is the role and the actions. */
export const rolePermission: Check<PermissionFacts> = {
  name: 'role-permission',
  kind: 'permission',
  title: 'Every role has the permissions that its tasks need',
  why: 'A task without them does not start, or fails when it first needs them.',
  source: TASK_ROLE,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ resources, denied, reason }) {
    // A missing secret is reported by its own check.
    if (resources.length === 0) return unknown('the resource that needs it does not exist');
    if (denied.length === 0) return pass(reason);
    return fail(`denied on ${resources.join(', ')}, but needed ${reason}`);
  },
};
