import type { TargetHealth, TargetHealthState } from '@kdcube/release/internal';
import type { AwsConnection } from '../client';
import { invalidResponse } from '../response';
import { ELB } from '../services';
import { callQuery } from '../signed-request';
import { findElement, findText, isList, listItems, type XmlElement } from '../xml';

interface TargetGroup {
  protocol: string;
  port: number;
  path: string;
  type: string;
  vpc?: string;
  /** ARNs. */
  loadBalancers: string[];
}

/** Elastic Load Balancing. */
export interface LoadBalancerApi {
  describeTargetGroup(arn: string): Promise<TargetGroup>;
  /** Seconds; undefined for a load balancer that has no idle timeout. */
  getIdleTimeout(loadBalancerArn: string): Promise<number | undefined>;
}

export function loadBalancerApi(aws: AwsConnection): LoadBalancerApi {
  return {
    async describeTargetGroup(arn) {
      const response = await callQuery(aws, ELB, 'DescribeTargetGroups', { 'TargetGroupArns.member.1': arn });
      const [group] = listItems(findElement(response, 'DescribeTargetGroupsResult'), 'TargetGroups', 'member');
      const type = findText(group, 'TargetType');
      if (type === undefined) throw invalidResponse('elasticloadbalancing:DescribeTargetGroups');
      const vpc = findText(group, 'VpcId');
      return {
        ...(vpc !== undefined && { vpc }),
        protocol: findText(group, 'Protocol') ?? '',
        port: Number(findText(group, 'Port') ?? 0),
        path: findText(group, 'HealthCheckPath') ?? '',
        type,
        loadBalancers: listItems(group, 'LoadBalancerArns', 'member').filter((each) => typeof each === 'string'),
      };
    },
    async getIdleTimeout(loadBalancerArn) {
      const action = 'DescribeLoadBalancerAttributes';
      const response = await callQuery(aws, ELB, action, { LoadBalancerArn: loadBalancerArn });
      const result = findElement(response, `${action}Result`);
      if (findElement(result, 'Attributes') === undefined) throw invalidResponse(`elasticloadbalancing:${action}`);
      const attributes = listItems(result, 'Attributes', 'member');
      const timeout = attributes.find((attribute) => findText(attribute, 'Key') === 'idle_timeout.timeout_seconds');
      const seconds = findText(timeout, 'Value') ?? '';
      return /^\d+$/.test(seconds) ? Number(seconds) : undefined;
    },
  };
}

const HEALTH_ACTION = 'elasticloadbalancing:DescribeTargetHealth';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
const STATES: readonly string[] = [
  'initial',
  'healthy',
  'unhealthy',
  'unhealthy.draining',
  'unused',
  'draining',
  'unavailable',
] satisfies TargetHealthState[];

/** The health of all targets of a target group: the response has no pages. An invalid response is not an empty target group. */
export async function describeTargetHealth(aws: AwsConnection, targetGroupArn: string): Promise<TargetHealth[]> {
  const response = await callQuery(aws, ELB, 'DescribeTargetHealth', { TargetGroupArn: targetGroupArn });
  const result = findElement(response, 'DescribeTargetHealthResult');
  if (!isList(findElement(result, 'TargetHealthDescriptions'), 'member')) throw invalidResponse(HEALTH_ACTION);
  return listItems(result, 'TargetHealthDescriptions', 'member').map(toTarget);
}

function toTarget(member: XmlElement): TargetHealth {
  const id = findText(member, 'Target', 'Id');
  const state = findText(member, 'TargetHealth', 'State');
  const reason = findText(member, 'TargetHealth', 'Reason');
  if (!id || !isState(state)) throw invalidResponse(HEALTH_ACTION);
  return { id, state, ...(reason !== undefined && /^[A-Za-z.]{1,60}$/.test(reason) && { reason }) };
}

function isState(state: string | undefined): state is TargetHealthState {
  return state !== undefined && STATES.includes(state);
}
