import { mustReadRelease } from '../../../release/read';
import { planDescriptor } from '../../../descriptor/descriptor';
import { descriptorOptions } from '../../../env/bundles';
import { renderEnv } from '../../../env/env';
import { envFile } from '../../../env/env-file';
import { environmentOf, IMAGES } from '../../../../testing/environments';
import { HARD_VALUES } from '../../../../testing/hard-values';
import { readEnvFile } from '../../compose/env-file/compose-env-file';
import { variablesOf } from '../plan/running';
import { updateTaskDefinition } from './update-task-definition';
import { renderTaskDefinition } from './render-task-definition';

/** In an environment `${` names one of its own variables; doubled, it is what it is. */
const written = Object.entries(HARD_VALUES).map(
  ([name, value]) => `    ${name}: ${JSON.stringify(value).replaceAll('${', () => '$${')}`,
);

describe.each(['ecs', 'compose'])('values with quotes, dollars, lines and signs, on %s', (target) => {
  const environment = environmentOf(`env:\n  proc:\n${written.join('\n')}`, target);
  const { release } = mustReadRelease('platform: {ref: "v0.3.2"}\nbundles:\n  items:\n    - {id: "lifts@1-4"}\n', 'release.yaml');
  const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
  const proc = environment.services.find(({ component }) => component === 'proc')!;
  const rendered = renderEnv({ environment, release, descriptor, images: IMAGES }).services.find(
    ({ component }) => component === 'proc',
  )!;

  test('are rendered as they are', () => expect(rendered.env).toMatchObject(HARD_VALUES));

  test('are what an env file says to compose', () => {
    expect(readEnvFile(envFile(rendered.env))).toEqual(rendered.env);
  });

  test('are what a task definition says to ECS: one of ours, one of the customer’s, and once more as JSON', () => {
    const made = renderTaskDefinition(environment, proc, rendered);
    const own = { ...made, containerDefinitions: made.containerDefinitions.map((each) => ({ ...each, environment: [] })) };
    for (const definition of [made, updateTaskDefinition(own, proc, rendered)]) {
      const [container] = (JSON.parse(JSON.stringify(definition)) as typeof made).containerDefinitions;
      const values = [...variablesOf(container)].map(([name, { value }]) => [name, value]);
      expect(Object.fromEntries(values)).toMatchObject(HARD_VALUES);
    }
  });
});
