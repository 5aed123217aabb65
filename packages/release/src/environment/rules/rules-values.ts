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
      const reportName = (code: 'env-name' | 'env-derived' | 'env-misnamed', message: string, hint?: string) =>
        report({ code, message, hint }, [...path, name], 'key');
      if (!isEnvName(name)) {
        reportName(
          'env-name',
          `${quoted(name)} cannot be the name of an environment variable: only letters, digits and underscores are allowed, and no digit first.`,
          'such as LOG_LEVEL',
        );
        continue;
      }
      const same = upper.get(name.toUpperCase());
      upper.set(name.toUpperCase(), name);
      if (same !== undefined) {
        reportName(
          'env-name',
          `${quoted(name)} and ${quoted(same)} differ only in case: the platform ignores case, and would drop one of them.`,
          'remove one of them',
        );
        continue;
      }
      if (Object.hasOwn(OWNED, name.toUpperCase()) && component !== 'other') {
        reportName(
          'env-derived',
          `${name} is generated from ${OWNED[name.toUpperCase()]!.replace(/:$/, '')}: written here too, it could differ.`,
          OWNED[name.toUpperCase()],
        );
        continue;
      }
      if (name.toUpperCase() === 'INSTANCE_ID') {
        reportName(
          'env-derived',
          'INSTANCE_ID must be unique for each replica, but all replicas share these variables: without it, the platform generates one for each.',
          'remove the line',
        );
        continue;
      }
      const wrong = misnamed(name, component);
      if (wrong)
        reportName(
          'env-misnamed',
          wrong.instead === undefined
            ? `Nothing${component === undefined ? '' : ` in ${component}`} reads ${name}.`
            : `${name} is not the name that ${component ?? 'the platform'} reads.`,
          wrong.instead ?? 'remove the line; if one of your bundles reads it, give it a name of your own',
        );
    }
    for (const [alias, real] of Object.entries(ALIASES))
      if (Object.hasOwn(values, alias) && Object.hasOwn(values, real))
        report(
          { code: 'env-name', message: `${alias} and ${real} are two names of the same setting.`, hint: `${real}:` },
          [...path, alias],
          'key',
        );
  }
};

/** ECS rejects a task definition in which a name is both a variable and a secret. */
export const namesHaveOneKind: EnvironmentRule = (input, report) => {
  for (const service of input.environment?.services ?? []) {
    for (const name of Object.keys(service.env).filter((each) => Object.hasOwn(service.secrets, each))) {
      report(
        {
          code: 'env-name',
          message: `${name} of ${quoted(service.name)} is both an environment variable and a secret: it can only be one of them.`,
          hint: 'remove it from env',
        },
        pathOf(input.written, 'env', service, name),
        'key',
      );
    }
  }
};

export const valuesAreValid: EnvironmentRule = (input, report) => {
  for (const { kind, path, values } of sectionsOf(input)) {
    for (const [name, value] of Object.entries(values)) {
      const fault = valueFault(value);
      if (fault)
        report(
          {
            code: 'env-value',
            message: `The value of ${quoted(name)} cannot be passed to a process: ${fault}.`,
            hint: 'write it without that, or move it to a mounted file',
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
          message: 'This starts like a reference to a secret, but is not a valid one.',
          hint: 'ssm:/kdcube/prod/name, secretsmanager:kdcube/name, secretsmanager:kdcube/name#json-key, file:/absolute/path, or a full ARN',
        }
      : {
          code: 'secret-value',
          message: 'This is not a reference to a secret: if it is the secret itself, it is now in git.',
          hint: 'ssm:/kdcube/prod/name or secretsmanager:kdcube/name; rotate the secret: it may have leaked',
        },
    path,
  );
}

/** No value outside of `secrets` looks like a secret. */
export const holdsNoSecretValues: EnvironmentRule = ({ doc, filled, written }, report) => {
  const cleared = new Set(notSecretEntries(written.not_secret).map(({ name }) => name));
  const isCleared = (path: DocumentPath) =>
    typeof path[path.length - 1] === 'string' && cleared.has(path[path.length - 1] as string);
  const hint = (path: DocumentPath) =>
    `move it to secrets: as a reference, and rotate it: it may have leaked; or, if it is not a secret, not_secret: {${String(path[path.length - 1])}: why it is not a secret}`;
  const reported = new Set<string>();
  for (const { path, kind } of secretsIn(filled)) {
    if (path[0] === 'secrets' || path.includes('secrets') || isCleared(path)) continue;
    reported.add(JSON.stringify(path));
    report(
      {
        code: 'secret-value',
        message: `This looks like ${kind}: everything in an environment is also in git, in task definitions and in plans.`,
        hint: hint(path),
      },
      path,
    );
  }
  // The values as written: a secret in `vars` is reported where it is defined, not wherever it is used.
  for (const [path, value] of textsOf(doc.value, [])) {
    const name = String(path[path.length - 1]);
    if (path[0] === 'secrets' || path[2] === 'secrets' || reported.has(JSON.stringify(path)) || isCleared(path)) continue;
    const inEnv = path[0] === 'env' || path[2] === 'env' || path[0] === 'vars';
    if (inEnv && isSecretName(name) && value !== '' && !placeholderIn(value))
      report(
        {
          code: 'secret-value',
          message: `${quoted(name)} is the name of a secret, but its value is written here in plain text.`,
          hint: hint(path),
        },
        path,
      );
    else if (!inEnv && !placeholderIn(value) && isSecretItself(name, value))
      report(
        {
          code: 'secret-value',
          message: `${quoted(name)} is the name of a secret, but its value is written here in plain text.`,
          hint: hint(path),
        },
        path,
      );
    else if ((inEnv || path[0] === 'gateway') && looksRandom(value))
      report(
        {
          code: 'secret-value',
          message:
            'This looks like a random key or token: everything in an environment is also in git, in task definitions and in plans.',
          hint: hint(path),
        },
        path,
      );
  }
};

/** `not_secret` must list names that exist. */
export const clearedNamesExist: EnvironmentRule = ({ written, filled }, report) => {
  const names = new Set(textsOf(filled, []).map(([path]) => String(path[path.length - 1])));
  for (const { name, path } of notSecretEntries(written.not_secret)) {
    if (!names.has(name))
      report(
        {
          code: 'unknown-key',
          message: `not_secret names ${quotedWord(name)}, but this environment has no value with this name.`,
          hint: 'remove the line',
        },
        path,
      );
  }
};

export const placeholdersAreFilledIn: EnvironmentRule = ({ doc }, report) => {
  for (const [path, value] of textsOf(doc.value, [])) {
    const placeholder = path[0] === 'description' ? undefined : placeholderIn(value);
    if (!placeholder) continue;
    // A placeholder in a longer text may be a part of a secret.
    const what =
      isHidden(path) && placeholder !== value ? 'This value has a placeholder' : `${quoted(placeholder)} is a placeholder`;
    report({ code: 'placeholder', message: `${what} that was not filled in.`, hint: valueHint(path, value) }, path);
  }
};

function textsOf(value: unknown, path: DocumentPath): [DocumentPath, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...path, index]));
  return isMapping(value) ? Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, key])) : [];
}

/** The form of the value that is missing, or a command that prints it. */
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
  return 'write the value, or remove the line';
}
