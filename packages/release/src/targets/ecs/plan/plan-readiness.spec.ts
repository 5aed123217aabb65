import { deployInput } from '../../../../testing/deploys';
import { generationOf, generations, type Generation } from '../../../platform/generation';
import { planDeploy } from './plan-deploy';
import { describeReadiness, planReadiness } from './plan-readiness';

const base = deployInput({ bundles: ['lifts@1-4 v1.4.0 a', 'huts@1-0 v1.0.0 h'] });
const readiness = { url: 'https://app.example.com/x', headers: { Authorization: 'KD_TOKEN' }, wait: 'all' as const };
const inputOf = (generation: Generation, asks: boolean) => ({
  environment: { ...base.environment, ...(asks && { readiness }) },
  release: { ...base.release, generation },
});

test.each(generations)('%s', (generation) => {
  const answers = generation === '2026.8.18';
  expect(planReadiness(inputOf(generation, false))).toBeUndefined();
  const { tenant, project } = base.environment;
  const expected = { ...readiness, tenant, project, bundles: ['lifts@1-4', 'huts@1-0'] };
  expect(planReadiness(inputOf(generation, true))).toEqual(answers ? expected : undefined);
  expect(describeReadiness(inputOf(generation, true))).toEqual(
    answers ? [] : [expect.stringContaining('does not answer whether')],
  );
  expect(describeReadiness(inputOf(generation, false))).toEqual(answers ? [expect.stringContaining('(readiness.url)')] : []);
});

test.each([
  ['2026.08.19.120', 0],
  ['2026.12.1', 1],
])('a plan of %s has %s notes about a platform that is newer than the table', (ref, count) => {
  const { because } = generationOf(ref);
  const release = { ...base.release, platform: { ref }, generationBecause: because };
  const { notes } = planDeploy({ ...base, release }).plan;
  expect(notes.filter((note) => /newest row is assumed\.$/.test(note))).toHaveLength(count);
});

test('an environment without proc on ECS asks nothing', () => {
  const { environment, release } = inputOf('2026.8.18', true);
  const services = environment.services.filter(({ component }) => component !== 'proc');
  const input = { environment: { ...environment, services }, release };
  expect([planReadiness(input), describeReadiness(input)]).toEqual([undefined, []]);
});
