import type { SeenTarget, TargetState } from '@kdcube/release';
import { unreadable } from './answer';
import type { AwsConnection } from './client';
import { askSigned } from './signed';
import { childOf, type Element, textOf } from './xml';

const WHAT = 'elasticloadbalancing:DescribeTargetHealth';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
const STATES: readonly string[] = [
  'initial',
  'healthy',
  'unhealthy',
  'unhealthy.draining',
  'unused',
  'draining',
  'unavailable',
] satisfies TargetState[];

/** What is registered in a target group, all of it: the answer has no pages. What cannot be read is no answer, least of all that nothing is registered. */
export async function targetsOf(aws: AwsConnection, group: string): Promise<SeenTarget[]> {
  const { xml } = await askSigned(aws, {
    what: WHAT,
    host: 'elasticloadbalancing',
    endpoint: 'ELASTIC_LOAD_BALANCING_V2',
    body: { Action: 'DescribeTargetHealth', Version: '2015-12-01', TargetGroupArn: group },
  });
  const list = childOf(childOf(xml, 'DescribeTargetHealthResult'), 'TargetHealthDescriptions');
  if (!list || list.text.trim() !== '') throw unreadable(WHAT);
  return list.children.map(targetOf);
}

function targetOf(member: Element): SeenTarget {
  const id = textOf(childOf(member, 'Target'), 'Id');
  const health = childOf(member, 'TargetHealth');
  const state = textOf(health, 'State');
  const reason = textOf(health, 'Reason');
  if (member.name !== 'member' || !id || !isState(state)) throw unreadable(WHAT);
  return { id, state, ...(reason !== undefined && /^[A-Za-z.]{1,60}$/.test(reason) && { reason }) };
}

function isState(state: string | undefined): state is TargetState {
  return state !== undefined && STATES.includes(state);
}
