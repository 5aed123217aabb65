import { quoted } from '../../problem/problem';
import type { DocumentPath } from '../../document/document';
import { secretsIn } from '../../document/secrets';
import type { Component } from '../../platform/components';
import { components } from '../../platform/components';
import { isMapping } from '../../document/layers';
import { notSecretEntries } from '../../document/not-secret';
import { ALIASES, isEnvName, misnamed, OWNED } from '../../platform/names';
import type { EnvironmentRule, EnvironmentRuleInput } from './rule';
import { pathOf } from './rule';
import { secretReference } from '../secret-reference';
import { isHidden, quotedWord, valueFault } from '../../document/values';
import { placeholderIn } from '../../secrets/placeholder';
import { isSecretItself, isSecretName } from '../../secrets/secret-name';
import { looksRandom } from '../../secrets/random';

/** One `env` or `secrets` mapping of the document. */
interface Section {
  kind: 'env' | 'secrets';
  path: DocumentPath;
  /** Undefined: shared. */
  component?: Component;
  values: Record<string, string>;
}

function sectionsOf({ written }: EnvironmentRuleInput): Section[] {
  const kinds = ['env', 'secrets'] as const;
  const top = kinds.flatMap((kind) =>
    Object.entries((written[kind] ?? {}) as Record<string, Record<string, string>>).map(([key, values]) => ({
      kind,
      path: [kind, key],
      component: components.find((component) => component === key),
      values,
    })),
  );
  const own = Object.entries(written.services ?? {}).flatMap(([name, service]) =>
    kinds.flatMap((kind) =>
      service[kind] ? [{ kind, path: ['services', name, kind], component: service.component, values: service[kind] }] : [],
    ),
  );
  return [...top, ...own];
}

export const namesAreRead: EnvironmentRule = (input, report) => {
  for (const { path, component, values } of sectionsOf(input)) {
    const upper = new Map<string, string>();
    for (const name of Object.keys(values)) {
      const say = (code: 'env-name' | 'env-derived' | 'env-misnamed', message: string, hint?: string) =>
        report({ code, message, hint }, [...path, name], 'key');
      if (!isEnvName(name)) {
        say(
          'env-name',
          `${quoted(name)} cannot be the name of an environment variable: letters, digits and underscores, no digit first.`,
          'such as LOG_LEVEL',
        );
        continue;
      }
      const same = upper.get(name.toUpperCase());
      upper.set(name.toUpperCase(), name);
      if (same !== undefined) {
        say(
          'env-name',
          `${quoted(name)} and ${quoted(same)} differ only in case. The platform reads names in any case, so one of the two would be lost.`,
          'remove one of the two',
        );
        continue;
      }
      if (Object.hasOwn(OWNED, name.toUpperCase()) && component !== 'other') {
        say(
          'env-derived',
          `${name} is made from ${OWNED[name.toUpperCase()]!.replace(/:$/, '')}. Written here too, the two could differ.`,
          OWNED[name.toUpperCase()],
        );
        continue;
      }
      if (name.toUpperCase() === 'INSTANCE_ID') {
        say(
          'env-derived',
          'INSTANCE_ID must be another one in every replica, and all replicas share this text. Left out, the platform makes one for each.',
          'remove the line',
        );
        continue;
      }
      const wrong = misnamed(name, component);
      if (wrong)
        say(
          'env-misnamed',
          wrong.instead === undefined
            ? `${name} is read by nothing${component === undefined ? '' : ` in ${component}`}.`
            : `${name} is not what ${component ?? 'the platform'} reads.`,
          wrong.instead ?? 'remove the line; or, where a bundle of yours reads it, give it a name of yours',
        );
    }
    for (const [alias, real] of Object.entries(ALIASES))
      if (Object.hasOwn(values, alias) && Object.hasOwn(values, real))
        report(
          { code: 'env-name', message: `${alias} and ${real} are two names of one setting.`, hint: `${real}:` },
          [...path, alias],
          'key',
        );
  }
};

/** A name is a value or a secret, in what one service gets: ECS refuses a task definition that has both. */
export const namesAreOneThing: EnvironmentRule = (input, report) => {
  for (const service of input.environment?.services ?? []) {
    for (const name of Object.keys(service.env).filter((each) => Object.hasOwn(service.secrets, each))) {
      report(
        {
          code: 'env-name',
          message: `${name} of ${quoted(service.name)} is an environment variable and a secret, and can be only one of the two.`,
          hint: 'remove it from env',
        },
        pathOf(input.written, 'env', service, name),
        'key',
      );
    }
  }
};

export const valuesCanBe: EnvironmentRule = (input, report) => {
  for (const { kind, path, values } of sectionsOf(input)) {
    for (const [name, value] of Object.entries(values)) {
      const fault = valueFault(value);
      if (fault)
        report(
          {
            code: 'env-value',
            message: `${quoted(name)} cannot be given to a program: ${fault}.`,
            hint: 'write it without that, or put it into a file of a mount',
          },
          [...path, name],
        );
      else if (kind === 'secrets' && !secretReference(value) && !placeholderIn(value))
        notAReference(value, [...path, name], report);
    }
  }
};

function notAReference(value: string, path: DocumentPath, report: Parameters<EnvironmentRule>[1]): void {
  // Never the value: it may be the secret.
  const wrongStore = /^(?:ssm|secretsmanager|file|arn):/.test(value);
  report(
    wrongStore
      ? {
          code: 'secret-reference',
          message: 'This starts as a reference to a secret, and is none.',
          hint: 'ssm:/kdcube/prod/name, secretsmanager:kdcube/name, secretsmanager:kdcube/name#json-key, file:/absolute/path, or a full ARN',
        }
      : {
          code: 'secret-value',
          message: 'This is no reference to a secret. If it is the secret itself, it is in git now.',
          hint: 'ssm:/kdcube/prod/name or secretsmanager:kdcube/name; and treat this one as leaked',
        },
    path,
  );
}

/** Whatever looks like a secret, anywhere but in `secrets`. */
export const holdsNoSecretValues: EnvironmentRule = ({ doc, filled, written }, report) => {
  const cleared = new Set(notSecretEntries(written.not_secret).map(({ name }) => name));
  const isCleared = (path: DocumentPath) =>
    typeof path[path.length - 1] === 'string' && cleared.has(path[path.length - 1] as string);
  const hint = (path: DocumentPath) =>
    `secrets: with a reference, and treat this one as leaked; or, if it is none,  not_secret: {${String(path[path.length - 1])}: why it is none}`;
  const reported = new Set<string>();
  for (const { path, kind } of secretsIn(filled)) {
    if (path[0] === 'secrets' || path.includes('secrets') || isCleared(path)) continue;
    reported.add(JSON.stringify(path));
    report(
      {
        code: 'secret-value',
        message: `This looks like ${kind}. What stands in an environment is in git, in task definitions and in plans.`,
        hint: hint(path),
      },
      path,
    );
  }
  // As written: a variable's value is said where it stands, not wherever it is used.
  for (const [path, value] of textsOf(doc.value, [])) {
    const name = String(path[path.length - 1]);
    if (path[0] === 'secrets' || path[2] === 'secrets' || reported.has(JSON.stringify(path)) || isCleared(path)) continue;
    const inEnv = path[0] === 'env' || path[2] === 'env' || path[0] === 'vars';
    if (inEnv && isSecretName(name) && value !== '' && !placeholderIn(value))
      report(
        {
          code: 'secret-value',
          message: `${quoted(name)} promises a secret, and its value stands here for everybody to read.`,
          hint: hint(path),
        },
        path,
      );
    else if (!inEnv && !placeholderIn(value) && isSecretItself(name, value))
      report(
        {
          code: 'secret-value',
          message: `${quoted(name)} promises a secret, and its value stands here for everybody to read.`,
          hint: hint(path),
        },
        path,
      );
    else if ((inEnv || path[0] === 'gateway') && looksRandom(value))
      report(
        {
          code: 'secret-value',
          message:
            'This looks drawn at random, as keys and tokens are. What stands in an environment is in git, in task definitions and in plans.',
          hint: hint(path),
        },
        path,
      );
  }
};

/** Names that clear a value must be names of values. */
export const clearedNamesExist: EnvironmentRule = ({ written, filled }, report) => {
  const names = new Set(textsOf(filled, []).map(([path]) => String(path[path.length - 1])));
  for (const { name, path } of notSecretEntries(written.not_secret)) {
    if (!names.has(name))
      report(
        {
          code: 'unknown-key',
          message: `${quotedWord(name)} is the name of no value of this environment.`,
          hint: 'remove the line',
        },
        path,
      );
  }
};

export const nothingIsLeftToFill: EnvironmentRule = ({ doc }, report) => {
  for (const [path, value] of textsOf(doc.value, [])) {
    const placeholder = path[0] === 'description' ? undefined : placeholderIn(value);
    if (!placeholder) continue;
    // A part of a longer text may be a part of a secret.
    const what = isHidden(path) && placeholder !== value ? 'Here' : quoted(placeholder);
    report(
      { code: 'placeholder', message: `${what} is a placeholder that nobody filled in.`, hint: valueHint(path, value) },
      path,
    );
  }
};

function textsOf(value: unknown, path: DocumentPath): [DocumentPath, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...path, index]));
  return isMapping(value) ? Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, key])) : [];
}

/** What tells the value that belongs at a place. */
function valueHint(path: DocumentPath, value: string): string {
  const [section, key] = path;
  if (path.includes('secrets')) return 'a reference: ssm:/name, secretsmanager:name, or file:/path with compose';
  if (path[path.length - 1] === 'image')
    return `docker buildx imagetools inspect ${value.replace(/@.*$/, '')}:<version>    then write its digest`;
  if (section === 'tenant' || section === 'project') return 'letters, digits, dots, dashes and underscores';
  if (section === 'registry') return 'registry: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme';
  if (section === 'ecs') {
    if (key === 'account') return 'aws sts get-caller-identity --query Account';
    if (key === 'region') return 'aws configure get region';
    if (key === 'cluster') return 'aws ecs list-clusters';
    if (key === 'subnets') return 'aws ec2 describe-subnets --query "Subnets[].SubnetId"';
  }
  return 'write what it is, or remove the line';
}
