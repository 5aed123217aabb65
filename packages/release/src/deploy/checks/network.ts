import { type Check, fail, pass } from './check';

const API = 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html';

interface ExistenceFacts {
  exists: boolean;
  usedBy: readonly string[];
}

export const subnetExists: Check<ExistenceFacts> = {
  name: 'subnet-exists',
  kind: 'subnet',
  title: 'Every subnet of a service, of the environment and of exec exists',
  why: 'ECS starts no task whose network configuration names a missing subnet.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide: (facts) => decideExistence(facts, 'describe-subnets'),
};

export const securityGroupExists: Check<ExistenceFacts> = {
  name: 'security-group-exists',
  kind: 'security group',
  title: 'Every security group of a service, of the environment and of exec exists',
  why: 'ECS starts no task whose network configuration names a missing security group.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide: (facts) => decideExistence(facts, 'describe-security-groups'),
};

function decideExistence({ exists, usedBy }: ExistenceFacts, command: string) {
  if (exists) return pass('exists');
  return fail(`does not exist, but is used by ${usedBy.join(', ')}`, `aws ec2 ${command}`);
}

export interface SubnetFacts {
  id: string;
  vpc: string;
  zone: string;
  freeAddresses: number;
}

export interface NetworkFacts {
  subnets: readonly SubnetFacts[];
  /** How many more tasks run while all services are replaced at once. */
  extraTasks: number;
}

/** Its subject is what uses the network configuration. */
export const networkVpc: Check<NetworkFacts> = {
  name: 'network-vpc',
  kind: 'network',
  title: 'All subnets of a network configuration are in one VPC',
  why: 'ECS rejects subnets of different VPCs.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ subnets }) {
    const vpcs = vpcsOf(subnets);
    if (vpcs.length <= 1) return pass(`is in ${vpcs.join('')}`);
    const list = subnets.map((subnet) => `${subnet.id} in ${subnet.vpc}`).join(', ');
    return fail(`has subnets in more than one VPC: ${list}`, 'aws ec2 describe-subnets');
  },
};

/** Its subject is what uses the network configuration. */
export const networkAddresses: Check<NetworkFacts> = {
  name: 'network-addresses',
  kind: 'network',
  title: 'The subnets have enough free IP addresses to replace all tasks at once',
  why: 'Every task takes an address of its own, and during a rollout the old and the new tasks run at the same time.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ subnets, extraTasks }) {
    const free = subnets.reduce((sum, { freeAddresses }) => sum + freeAddresses, 0);
    if (free < extraTasks) return fail(`has ${free} free IP addresses, but replacing all tasks at once takes ${extraTasks} more`);
    const zones = [...new Set(subnets.map(({ zone }) => zone))].sort().join(', ');
    return pass(`${subnets.length === 1 ? '1 subnet' : `${subnets.length} subnets`} of ${vpcsOf(subnets).join('')}, in ${zones}`);
  },
};

export const securityGroupVpc: Check<{ vpc: string; subnetVpc: string; usedBy: readonly string[] }> = {
  name: 'security-group-vpc',
  kind: 'security group',
  title: 'Every security group is in the VPC of the subnets',
  why: 'ECS rejects a network configuration whose security groups and subnets are in different VPCs.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ vpc, subnetVpc, usedBy }) {
    if (vpc === subnetVpc) return pass(`is in ${vpc}`);
    return fail(
      `is in ${vpc}, but the subnets of ${usedBy.join(', ')} are in ${subnetVpc}`,
      `aws ec2 describe-security-groups --filters Name=vpc-id,Values=${subnetVpc}`,
    );
  },
};

/** `vpc`: undefined if it is not known. */
export const targetGroupVpc: Check<{ vpc: string | undefined; service: string; taskVpcs: readonly string[] }> = {
  name: 'target-group-vpc',
  kind: 'target group',
  title: 'The target group is in the VPC of the tasks',
  why: 'Tasks of another VPC cannot be registered in it.',
  source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ vpc, service, taskVpcs }) {
    if (vpc === undefined || taskVpcs.includes(vpc)) return pass('is in the VPC of the tasks');
    return fail(`is in ${vpc}, but the tasks of ${service} are in ${taskVpcs.join(', ')}`);
  },
};

/** The VPCs of subnets, the most frequent one first. */
export function vpcsOf(subnets: readonly { vpc: string }[]): string[] {
  const count = (vpc: string) => subnets.filter((subnet) => subnet.vpc === vpc).length;
  return [...new Set(subnets.map(({ vpc }) => vpc))].sort((a, b) => count(b) - count(a));
}
