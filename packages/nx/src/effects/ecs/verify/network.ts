import type { NetworkQuestions, SecurityGroup, Subnet } from '../aws/ask-network';
import { answered, good, wrong, type Answer } from './answers';
import type { Place } from './places';
import type { FoundService } from './services';

/** The network as AWS has it. A subnet or group that may not be asked for is not in it, and neither is one that is not there. */
export interface Network {
  subnets: ReadonlyMap<string, Subnet>;
  groups: ReadonlyMap<string, SecurityGroup>;
}

/** Whether subnets and security groups are there, and belong together: ECS starts no task elsewhere. */
export async function networkAnswers(
  places: readonly Place[],
  found: readonly FoundService[],
  aws: NetworkQuestions,
): Promise<{ answers: Answer[]; network: Network }> {
  const subnets = new Map<string, Subnet>();
  const groups = new Map<string, SecurityGroup>();
  const each = (key: 'subnets' | 'securityGroups') => [...new Set(places.flatMap((place) => place[key]))].sort();
  const ask = async <T extends { id: string }>(
    about: string,
    ids: string[],
    question: (ids: string[]) => Promise<T[]>,
    into: Map<string, T>,
    hint: string,
  ): Promise<Answer[]> => {
    if (ids.length === 0) return [];
    return answered(about, ids.join(', '), async () => {
      for (const one of await question(ids)) into.set(one.id, one);
      return ids.filter((id) => !into.has(id)).map((id) => wrong(about, id, `is not there${usedBy(places, id)}`, hint));
    });
  };
  const answers = [
    ...(await ask('subnet', each('subnets'), (ids) => aws.subnets(ids), subnets, 'aws ec2 describe-subnets')),
    ...(await ask(
      'security group',
      each('securityGroups'),
      (ids) => aws.securityGroups(ids),
      groups,
      'aws ec2 describe-security-groups',
    )),
  ];
  const network = { subnets, groups };
  return {
    network,
    answers: [
      ...answers,
      ...places.flatMap((place) => placeAnswers(place, network)),
      ...found.flatMap((service) => targetGroupAnswers(service, network)),
    ],
  };
}

function usedBy(places: readonly Place[], id: string): string {
  const names = places
    .filter((place) => [...place.subnets, ...place.securityGroups].includes(id))
    .flatMap(({ names: all }) => all);
  return `, and ${names.join(', ')} ${names.length === 1 ? 'names' : 'name'} it`;
}

/** What belongs together, of what is there. */
function placeAnswers(place: Place, network: Network): Answer[] {
  const name = place.names.join(', ');
  const subnets = place.subnets.flatMap((id) => network.subnets.get(id) ?? []);
  const [vpc, ...others] = vpcsOf(subnets);
  if (vpc === undefined) return [];
  if (others.length > 0) {
    const list = subnets.map((subnet) => `${subnet.id} of ${subnet.vpc}`).join(', ');
    return [wrong('network', name, `has subnets of more than one VPC: ${list}`, 'aws ec2 describe-subnets')];
  }
  const strays = place.securityGroups.flatMap((id) => {
    const group = network.groups.get(id);
    if (!group || group.vpc === vpc) return [];
    return [
      wrong(
        'security group',
        id,
        `is of ${group.vpc}, and the subnets of ${name} are of ${vpc}`,
        `aws ec2 describe-security-groups --filters Name=vpc-id,Values=${vpc}`,
      ),
    ];
  });
  const free = subnets.reduce((sum, subnet) => sum + subnet.free, 0);
  const whole = subnets.length === place.subnets.length;
  if (whole && free < place.tasks)
    return [
      ...strays,
      wrong('network', name, `has ${free} free addresses, and ${place.tasks} more are taken while all of it is replaced`),
    ];
  const zones = [...new Set(subnets.map(({ zone }) => zone))].sort().join(', ');
  if (strays.length > 0 || !whole) return strays;
  return [good('network', name, `${subnets.length === 1 ? '1 subnet' : `${subnets.length} subnets`} of ${vpc}, in ${zones}`)];
}

/** The VPCs of subnets, the one that most of them have first. */
export function vpcsOf(subnets: readonly Subnet[]): string[] {
  const count = (vpc: string) => subnets.filter((subnet) => subnet.vpc === vpc).length;
  return [...new Set(subnets.map(({ vpc }) => vpc))].sort((a, b) => count(b) - count(a));
}

function targetGroupAnswers({ service, network: { subnets }, targetGroups }: FoundService, network: Network): Answer[] {
  const vpcs = vpcsOf(subnets.flatMap((id) => network.subnets.get(id) ?? []));
  if (vpcs.length === 0) return [];
  return targetGroups
    .filter(({ vpc }) => vpc !== undefined && !vpcs.includes(vpc))
    .map(({ name, vpc }) =>
      wrong('target group', name, `is of ${vpc}, and the tasks of ${service.serviceName} are in ${vpcs.join(', ')}`),
    );
}
