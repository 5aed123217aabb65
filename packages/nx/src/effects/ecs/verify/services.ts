import type { Environment, Service } from '@kdcube/release';
import type { Cluster, Service as EcsService } from '@aws-sdk/client-ecs';
import { inParallel } from '../../parallel';
import { answered, good, wrong, type Answer } from './answers';
import type { AwsQuestions } from '../aws/ask-aws';
import { listIn } from '../aws/answer';
import { ask, type AwsConnection } from '../aws/client';

/** The platform's own proxy waits that long for a quiet stream; a load balancer's 60 s cut quiet requests and uploads. */
const IDLE = 600;

/** A service that is there, as far as others of the questions need it. */
export interface FoundService {
  service: Service;
  desired: number;
  network: { subnets: string[]; securityGroups: string[] };
  targetGroups: { name: string; vpc?: string }[];
}

/** What of the cluster was asked, and the services that were found. */
export interface FoundServices {
  answers: Answer[];
  found: FoundService[];
}

/** The cluster, its services, and what stands before them. */
export async function serviceAnswers(
  aws: AwsConnection,
  questions: AwsQuestions,
  environment: Environment,
): Promise<FoundServices> {
  const { cluster = '' } = environment.ecs;
  const { sdk, client } = aws;
  const there = await clusterAnswer(cluster, aws);
  const runsIn = environment.exec?.fargate?.cluster ?? cluster;
  if (runsIn !== cluster) there.push(...(await clusterAnswer(runsIn, aws)));
  const found: FoundService[] = [];
  if (there[0]!.verdict === 'wrong') return { answers: there, found };
  const wanted = environment.services.filter(({ target, component }) => target === 'ecs' && component !== 'postgres-setup');
  const parts = Array.from({ length: Math.ceil(wanted.length / 10) }, (_, index) => wanted.slice(index * 10, index * 10 + 10));
  const answers = await inParallel(parts, 2, (part) =>
    answered('service', part.map(({ serviceName }) => serviceName).join(', '), async () => {
      const names = part.map(({ serviceName }) => serviceName);
      const what = 'ecs:DescribeServices';
      const asked = { cluster, services: names };
      const answer = await ask(aws, what, () => client.send(new sdk.DescribeServicesCommand(asked)));
      const services = listIn<EcsService>(answer, 'services', what);
      const each = await inParallel(part, 4, (service) => {
        const seen = services.find(({ serviceName }) => serviceName === service.serviceName);
        return oneService(service, seen, questions, cluster);
      });
      found.push(...each.flatMap((one) => one.found));
      return each.flatMap((one) => one.answers);
    }),
  );
  return { answers: [...there, ...answers.flat()], found };
}

async function clusterAnswer(cluster: string, aws: AwsConnection): Promise<Answer[]> {
  const { sdk, client, region } = aws;
  return answered('cluster', cluster, async () => {
    const what = 'ecs:DescribeClusters';
    const answer = await ask(aws, what, () => client.send(new sdk.DescribeClustersCommand({ clusters: [cluster] })));
    const status = listIn<Cluster>(answer, 'clusters', what)[0]?.status;
    if (status === 'ACTIVE') return good('cluster', cluster, 'is there');
    const hint = `aws ecs list-clusters --region ${region}`;
    return wrong('cluster', cluster, status === undefined ? 'is not there' : `is ${status}`, hint);
  });
}

async function oneService(
  service: Service,
  found: EcsService | undefined,
  aws: AwsQuestions,
  cluster: string,
): Promise<FoundServices> {
  const unfit = unfitAnswer(service, found, cluster);
  if (!found || unfit) return { answers: unfit ? [unfit] : [], found: [] };
  const arns = (found.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  const groups = await inParallel(arns, 2, (arn) => targetGroup(service, arn, aws));
  const { subnets = [], securityGroups = [] } = found.networkConfiguration?.awsvpcConfiguration ?? {};
  return {
    answers: [...ownAnswers(service, found), ...groups.flatMap(({ answers }) => answers)],
    found: [
      {
        service,
        desired: found.desiredCount ?? 0,
        network: { subnets, securityGroups },
        targetGroups: groups.map(({ name, vpc }) => ({ name, ...(vpc !== undefined && { vpc }) })),
      },
    ],
  };
}

/** Why a service cannot be updated at all. */
function unfitAnswer({ serviceName: name }: Service, found: EcsService | undefined, cluster: string): Answer | undefined {
  if (!found || found.status === 'INACTIVE')
    return wrong(
      'service',
      name,
      'is not there: a release updates services, and makes none',
      `aws ecs list-services --cluster ${cluster}`,
    );
  if (found.status !== 'ACTIVE') return wrong('service', name, `is ${found.status}: it is being deleted`);
  const controller = found.deploymentController?.type ?? 'ECS';
  if (controller === 'ECS') return undefined;
  return wrong(
    'service',
    name,
    `is deployed by ${controller}, and only ECS’s own rolling updates can be used here`,
    'make it again with the deployment controller ECS',
  );
}

function ownAnswers(service: Service, found: EcsService): Answer[] {
  const name = service.serviceName;
  const breaker = found.deploymentConfiguration?.deploymentCircuitBreaker?.enable === true;
  const balanced = found.loadBalancers ?? [];
  const container = balanced.find(({ containerName }) => containerName !== undefined && containerName !== service.container);
  const port = balanced.find(
    ({ containerPort }) => containerPort !== undefined && service.port !== undefined && containerPort !== service.port,
  );
  return [
    good(
      'service',
      name,
      breaker ? 'is there' : 'is there, without a circuit breaker: a failed rollout is then only found by its time',
    ),
    ...(container
      ? [
          wrong(
            'target group',
            name,
            `sends to the container ${container.containerName}, and the environment has ${service.container}`,
            `container: ${container.containerName}`,
          ),
        ]
      : []),
    ...(port
      ? [
          wrong(
            'target group',
            name,
            `sends to the port ${port.containerPort}, and the environment has ${service.port}`,
            `port: ${port.containerPort}`,
          ),
        ]
      : []),
  ];
}

async function targetGroup(
  service: Service,
  arn: string,
  aws: AwsQuestions,
): Promise<{ name: string; vpc?: string; answers: Answer[] }> {
  const name = arn.split(':targetgroup/')[1]?.split('/')[0] ?? arn;
  const balancers: string[] = [];
  let vpc: string | undefined;
  const answers = await answered(
    'target group',
    name,
    async () => {
      const group = await aws.targetGroup(arn);
      balancers.push(...group.balancers);
      vpc = group.vpc;
      if (group.type !== 'ip')
        return wrong(
          'target group',
          name,
          `has targets of type ${group.type}, and tasks with a network of their own are of type ip`,
        );
      if (group.balancers.length === 0)
        return wrong('target group', name, 'hangs on no load balancer: nobody sends requests to it');
      return good(
        'target group',
        name,
        `${group.protocol} ${group.port}, asks ${group.path || 'without a path'}, before ${service.serviceName}`,
      );
    },
    /TargetGroupNotFound/,
  );
  const idle = await inParallel(balancers, 2, (balancer) => idleAnswer(balancer, aws));
  return { name, ...(vpc !== undefined && { vpc }), answers: [...answers, ...idle.flat()] };
}

async function idleAnswer(arn: string, aws: AwsQuestions): Promise<Answer[]> {
  const name = arn.split('loadbalancer/app/')[1]?.split('/')[0] ?? arn;
  return answered('load balancer', name, async () => {
    const seconds = await aws.idleTimeout(arn);
    if (seconds === undefined || seconds >= IDLE)
      return good('load balancer', name, seconds === undefined ? 'has no idle timeout' : `idle timeout ${seconds} s`);
    return wrong(
      'load balancer',
      name,
      `cuts what is quiet for ${seconds} s, and the platform’s proxy waits for ${IDLE} s`,
      `aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${arn} --attributes Key=idle_timeout.timeout_seconds,Value=${IDLE}`,
    );
  });
}
