import { mustReadEnvironment } from '../../../environment/read-environment';
import { KdcubeError } from '../../../problem/problem';
import { deployInput, nothingRuns } from '../../../../testing/deploys';
import { environmentText, textFiles } from '../../../../testing/environments';
import { planDeploy } from './plan-deploy';
import type { TaskDefinition } from '../task-definition/task-definition';

test('a plain-text secret in a running task definition is a problem, and is not shown', () => {
  const canary = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
  const { environment } = mustReadEnvironment(
    'one',
    textFiles({
      one: environmentText('services:\n  app: { component: other, image: kdcube-metrics, task_definition: running }'),
    }),
  );
  const base: TaskDefinition = {
    family: 'kdcube-app',
    containerDefinitions: [
      {
        name: 'app',
        image: 'x',
        environment: [
          { name: 'OWN_TOKEN', value: canary },
          { name: 'COLOUR', value: 'red' },
        ],
      },
      { name: 'side', image: 'y', command: ['run', `--key=${canary}`] },
    ],
  };
  const arn = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/kdcube-app:3';
  const found = problemsOf(() =>
    planDeploy(
      deployInput({
        environment,
        running: {
          ...nothingRuns(environment),
          services: { app: { serviceName: 'app', status: 'ACTIVE', taskDefinition: arn, desiredCount: 1, controller: 'ECS' } },
          definitions: { [arn]: base },
        },
      }),
    ),
  );
  expect(found.map(({ code }) => code)).toEqual(['secret-value', 'secret-value']);
  expect(JSON.stringify(found)).not.toContain(canary);
});

function problemsOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    return (error as KdcubeError).problems;
  }
  throw new Error('no problem');
}
