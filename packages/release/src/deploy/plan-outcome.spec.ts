import { deployInput } from '../../testing/deploys';
import { planDeploy } from '../targets/ecs/plan/plan-deploy';
import type { DeployPlan } from './deploy-plan';
import { planContent, planOutcome } from './plan-file';

const { plan } = planDeploy(deployInput({ bundles: ['lifts@1-4 v1.4.0 a'] }));
const [first, ...others] = plan.services;

const OUTCOME: [string, Partial<DeployPlan>][] = [
  ['environment', { environment: 'other' }],
  ['release', { release: 'other' }],
  ['commit', { commit: 'f'.repeat(40) }],
  ['account', { account: '999999999999' }],
  ['region', { region: 'us-east-1' }],
  ['cluster', { cluster: 'other' }],
  [
    'image of a service',
    { services: [{ ...first!, image: { ...first!.image, after: 'registry.example/x@sha256:0' } }, ...others] },
  ],
  ['number of tasks', { services: [{ ...first!, desiredCount: { after: 7 } }, ...others] }],
  ['services', { services: others }],
  ['descriptor', { descriptor: { ...plan.descriptor, after: '{}' } }],
];

test.each(OUTCOME)('a change of the outcome: %s', (_, change) => {
  expect(planOutcome({ ...plan, ...change })).not.toBe(planOutcome(plan));
});

test.each<[string, Partial<DeployPlan>]>([
  ['what runs before it', { baseline: {} }],
  ['the waves that are left', { waves: [] }],
  ['why a service restarts', { services: [{ ...first!, reasons: ['another'], change: 'none' }, ...others] }],
  ['notes', { notes: ['another'] }],
])('no change of the outcome: %s', (_, change) => {
  expect(planOutcome({ ...plan, ...change })).toBe(planOutcome(plan));
});

test('a plan is identified by everything but its notes', () => {
  expect(planContent({ ...plan, notes: ['another'] })).toBe(planContent(plan));
  for (const [, change] of OUTCOME) expect(planContent({ ...plan, ...change })).not.toBe(planContent(plan));
});
