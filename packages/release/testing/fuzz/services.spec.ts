import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { envFile } from '../../src/env/env-file';
import { readEnvironment } from '../../src/environment/read-environment';
import { importEnvironment } from '../../src/import/environment';
import { readEnvFile, readRawEnvFile } from '../../src/targets/compose/env-file/compose-env-file';
import { composePlace, foundInCompose } from '../../src/targets/compose/import/compose';
import { foundOnEcs } from '../../src/targets/ecs/import/ecs';
import { compareDefinitions } from '../../src/targets/ecs/task-definition/compare-definitions';
import { readTaskDefinition } from '../../src/targets/ecs/task-definition/read-task-definition';
import { updateTaskDefinition } from '../../src/targets/ecs/task-definition/update-task-definition';
import { COMPOSE_FIXTURES } from '../compose';
import { environmentOf, textFiles } from '../environments';
import { mutatedText } from './mutate-text';
import { mutatedValue } from './mutate-value';
import { fuzz, inFile } from './run';

const FILE = 'tasks/chat-proc.json';
const FIXTURES = join(__dirname, '../../fixtures/platform');
const TASKS = readdirSync(join(FIXTURES, 'ecs'))
  .filter((file) => file.startsWith('task-def'))
  .map((file) => readFileSync(join(FIXTURES, 'ecs', file), 'utf8').replace(/<[A-Z][A-Z0-9_ -]*>/g, 'x1'));
const SERVICE = environmentOf().services[0]!;
const RENDERED = {
  service: 'chat-proc',
  component: 'proc',
  target: 'ecs',
  image: 'r/x@sha256:1',
  env: { A: 'b' },
  secrets: { S: 'arn:x' },
  files: [],
  pending: [],
} as const;
const RUNS = { serviceName: 'chat-proc', status: 'ACTIVE', taskDefinition: 'arn:x:1', desiredCount: 1, controller: 'ECS' };

function readTask(text: string) {
  const { definition, problems } = readTaskDefinition(text, FILE, SERVICE);
  inFile(problems, FILE, text);
  if (!definition || problems.length > 0) return problems;
  updateTaskDefinition(definition, SERVICE, {
    ...RENDERED,
    env: { ...RENDERED.env },
    secrets: { ...RENDERED.secrets },
    files: [],
    pending: [],
  });
  expect(compareDefinitions(definition, definition)).toEqual([]);
  const found = foundOnEcs(RUNS, definition, 'r.example.com/x:1');
  importEnvironment({ name: 'prod', target: 'ecs', services: [found], place: {} });
  return undefined;
}

describe('task definitions', () => {
  fuzz('almost right texts', mutatedText(TASKS), readTask);
  fuzz('almost right data', mutatedValue(TASKS.map((text) => JSON.parse(text) as unknown)), (value) =>
    readTask(JSON.stringify(value)),
  );
});

const COMPOSE = readdirSync(COMPOSE_FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) =>
    Object.fromEntries(
      readdirSync(join(COMPOSE_FIXTURES, name)).map((file) => [file, readFileSync(join(COMPOSE_FIXTURES, name, file), 'utf8')]),
    ),
  );
const MAIN = COMPOSE.flatMap((files) => Object.values(files));
const ENV_FILES = [
  'A=b\nexport C="d\\n${A:-x}" # note\nE=\'f\ng\'\nH\nI = j # k\n\n# l\nM=${N:?no} ${O:+p} $$ $Q\n',
  'URL=https://u:p@h/?a=b#c\nX:y\n',
];

describe('compose', () => {
  fuzz(
    'almost right files',
    fc.tuple(mutatedText(MAIN), mutatedText(ENV_FILES), fc.constantFrom(...COMPOSE)),
    ([text, env, others]) => {
      const files: Record<string, string> = { ...others, 'docker-compose.yml': text, '.env': env, '.env.proc': env };
      const folder = {
        list: () => Object.keys(files),
        read: (file: string) => (Object.hasOwn(files, file) ? files[file] : undefined),
      };
      const found = foundInCompose(folder, { directory: '/opt/kdcube', files: [], profiles: [] });
      const place = composePlace('/opt/kdcube', found);
      const { text: made } = importEnvironment({ name: 'one', target: 'compose', services: found.services, place });
      readEnvironment('one', textFiles({ one: made }));
      return undefined;
    },
  );

  fuzz('almost right env files', mutatedText(ENV_FILES), (text) => {
    for (const values of [readEnvFile(text), readRawEnvFile(text)])
      for (const [name, value] of Object.entries(values)) expect([typeof name, typeof value]).toEqual(['string', 'string']);
    return undefined;
  });

  const NAME = fc.constantFrom('A', 'B_1', '__proto__', 'toString', 'lower');
  const VALUE = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom("'", '"', '\\', '\\n', "\\'", '$A', '${A}', '$$', ' x ', '#', 'a #b', '\r\n', '\r', '\n', '`x`', '"\'\\'),
    mutatedText(['it\'s "$5" #1\n']),
  );
  fuzz('an env file that was printed is read as it was', fc.array(fc.tuple(NAME, VALUE)), (pairs) => {
    const env = Object.fromEntries(pairs);
    expect(Object.entries(readEnvFile(envFile(env)))).toEqual(Object.entries(env));
    return undefined;
  });
});
