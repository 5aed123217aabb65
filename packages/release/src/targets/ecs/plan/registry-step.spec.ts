import { flagsOn, withFlags, withoutFlags } from './registry-step';
import { FORCE, carrierOf, flagsOf, stepNotes } from '../../../deploy/registry-step';
import type { DeployPlan } from '../../../deploy/deploy-plan';
import type { TaskDefinition } from '../task-definition/task-definition';

const definition = (environment: { name: string; value: string }[]): TaskDefinition => ({
  family: 'proc',
  containerDefinitions: [
    { name: 'proc', image: 'proc', environment },
    { name: 'sidecar', image: 'side', environment: [{ name: 'A', value: '1' }] },
  ],
});

it('the flags go on for one revision and off again; sidecars keep theirs', () => {
  const plain = definition([{ name: 'B', value: '1' }]);
  const forced = withFlags(plain, 'proc', [FORCE.bundles, FORCE.gateway]);
  expect(flagsOn(forced)).toEqual([FORCE.bundles, FORCE.gateway]);
  expect(forced.containerDefinitions[1]).toBe(plain.containerDefinitions[1]);
  expect(withoutFlags(forced, 'proc')).toEqual(plain);
  expect(withFlags(forced, 'proc', [FORCE.bundles])).toEqual(forced);
});

it.each([
  ['1', true],
  [' TRUE ', true],
  ['yes', true],
  ['0', false],
  ['', false],
  ['false', false],
])('%p is a flag that is on: %p', (value, on) => {
  expect(flagsOn(definition([{ name: FORCE.bundles, value }])).length > 0).toBe(on);
});

it('proc carries the flags, ingress where there is no proc, nobody where none is needed', () => {
  const plan = (components: string[], bundles: boolean, gateway: boolean) =>
    ({
      services: components.map((component) => ({ component, kind: 'service', service: component })),
      descriptor: { force: bundles },
      gateway: { force: gateway },
    }) as unknown as DeployPlan;
  expect(carrierOf(plan(['ingress', 'proc'], true, false))?.service).toBe('proc');
  expect(carrierOf(plan(['ingress'], false, true))?.service).toBe('ingress');
  expect(carrierOf(plan(['ingress', 'proc'], false, false))).toBeUndefined();
  expect(flagsOf(plan([], true, true))).toEqual([FORCE.bundles, FORCE.gateway]);
  // What a person reads of it is what is done: one step, of one service.
  expect(stepNotes(plan(['ingress', 'proc'], false, true))).toEqual([
    'The gateway in Redis is written anew: proc takes one extra step.',
  ]);
  expect(stepNotes(plan(['ingress'], false, true))).toEqual([
    'The gateway in Redis is written anew: ingress takes one extra step.',
  ]);
  expect(stepNotes(plan(['proc'], true, true))).toEqual([
    'The list of bundles and the gateway in Redis are written anew: proc takes one extra step, and between the two, tasks that still run see ids that their image may not have.',
  ]);
  expect(stepNotes(plan(['proc'], false, false))).toEqual([]);
});
