import { activeForceFlags, setForceFlags, clearForceFlags } from './force-flags';
import { FORCE_FLAGS, forcedService, requiredForceFlags, describeForcedStep } from '../../../deploy/registry-step';
import type { DeployPlan } from '../../../deploy/deploy-plan';
import type { TaskDefinition } from '../task-definition/task-definition';

const definition = (environment: { name: string; value: string }[]): TaskDefinition => ({
  family: 'proc',
  containerDefinitions: [
    { name: 'proc', image: 'proc', environment },
    { name: 'sidecar', image: 'side', environment: [{ name: 'A', value: '1' }] },
  ],
});

it('sets and clears the flags; sidecars are unchanged', () => {
  const plain = definition([{ name: 'B', value: '1' }]);
  const forced = setForceFlags(plain, 'proc', [FORCE_FLAGS.bundles, FORCE_FLAGS.gateway]);
  expect(activeForceFlags(forced)).toEqual([FORCE_FLAGS.bundles, FORCE_FLAGS.gateway]);
  expect(forced.containerDefinitions[1]).toBe(plain.containerDefinitions[1]);
  expect(clearForceFlags(forced, 'proc')).toEqual(plain);
  expect(setForceFlags(forced, 'proc', [FORCE_FLAGS.bundles])).toEqual(forced);
});

it.each([
  ['1', true],
  [' TRUE ', true],
  ['yes', true],
  ['0', false],
  ['', false],
  ['false', false],
])('the value %p turns a flag on: %p', (value, on) => {
  expect(activeForceFlags(definition([{ name: FORCE_FLAGS.bundles, value }])).length > 0).toBe(on);
});

it('proc takes the extra step, else ingress; no service if no flag is needed', () => {
  const plan = (components: string[], bundles: boolean, gateway: boolean) =>
    ({
      services: components.map((component) => ({ component, kind: 'service', service: component })),
      descriptor: { force: bundles },
      gateway: { force: gateway },
    }) as unknown as DeployPlan;
  expect(forcedService(plan(['ingress', 'proc'], true, false))?.service).toBe('proc');
  expect(forcedService(plan(['ingress'], false, true))?.service).toBe('ingress');
  expect(forcedService(plan(['ingress', 'proc'], false, false))).toBeUndefined();
  expect(requiredForceFlags(plan([], true, true))).toEqual([FORCE_FLAGS.bundles, FORCE_FLAGS.gateway]);
  expect(describeForcedStep(plan(['ingress', 'proc'], false, true))).toEqual([
    'The gateway configuration in Redis is overwritten: proc takes one extra step.',
  ]);
  expect(describeForcedStep(plan(['ingress'], false, true))).toEqual([
    'The gateway configuration in Redis is overwritten: ingress takes one extra step.',
  ]);
  expect(describeForcedStep(plan(['proc'], true, true))).toEqual([
    'The bundle registry and the gateway configuration in Redis are overwritten: proc takes one extra step. In between, running tasks see bundle ids that their image may not contain.',
  ]);
  expect(describeForcedStep(plan(['proc'], false, false))).toEqual([]);
});
