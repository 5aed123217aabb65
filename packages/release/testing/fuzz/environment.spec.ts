import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Environment } from '../../src/environment/environment';
import { readEnvironment } from '../../src/environment/read-environment';
import { ENVIRONMENT_FIXTURES, environmentText, textFiles } from '../environments';
import { mutatedText } from './mutate-text';
import { mutatedValue } from './mutate-value';
import { fuzz } from './run';
import { style, written } from './written';

const BASE = readFileSync(join(ENVIRONMENT_FIXTURES, 'valid/base.yaml'), 'utf8');
const TEXTS = ['valid', 'broken'].flatMap((folder) =>
  readdirSync(join(ENVIRONMENT_FIXTURES, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => readFileSync(join(ENVIRONMENT_FIXTURES, folder, file), 'utf8')),
);
const RIGHT = ['base', 'prod', 'host'].map((name) => readFileSync(join(ENVIRONMENT_FIXTURES, 'valid', `${name}.yaml`), 'utf8'));
const DATA = [...RIGHT, environmentText()].map((text) => parse(text) as unknown);

function read(text: string, base = BASE) {
  return readEnvironment('one', textFiles({ one: text, base }));
}

/** Each problem is in one of the two files. */
function problemsOf(text: string, base = BASE) {
  const { problems } = read(text, base);
  for (const { code, at } of problems)
    if (!/^environments\/(?:one|base)\.yaml$/.test(at?.file ?? ''))
      throw new Error(`${code} has no place: ${JSON.stringify(at)}`);
  return problems;
}

describe('environments', () => {
  fuzz('almost right texts', mutatedText(TEXTS), (text) => problemsOf(text));
  fuzz('almost right data', fc.tuple(mutatedValue(DATA), style), ([value, how]) => problemsOf(written(value, how)));
  fuzz('an almost right base', mutatedText([BASE]), (base) => problemsOf(RIGHT[1]!, base));

  fuzz('the same in every style of writing', fc.tuple(fc.constantFrom(...DATA), style), ([value, how]) => {
    const plain = read(JSON.stringify(value));
    const styled = read(written(value, how));
    const problems = styled.problems.filter(({ code }) => code !== 'unquoted-value');
    expect(problems.map(({ code }) => code).sort()).toEqual(plain.problems.map(({ code }) => code).sort());
    if (problems.length === styled.problems.length) expect(sorted(styled.environment)).toEqual(sorted(plain.environment));
    return styled.problems;
  });
});

/** Services and their mounts are in the order in which they are written. */
function sorted(environment: Environment | undefined): Environment | undefined {
  const services = environment?.services.map((service) => ({ ...service, mounts: by(service.mounts, ({ path }) => path) }));
  return environment && { ...environment, services: by(services ?? [], ({ name }) => name) };
}

function by<T>(list: readonly T[], key: (item: T) => string): T[] {
  return list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
