import { secretsIn } from '../document/secrets';
import { quoted, type Problem } from '../problem/problem';
import { placeholderIn } from '../secrets/placeholder';
import { isSecretItself } from '../secrets/secret-name';
import { PLATFORM_REF_ARG } from './dockerfile/dockerfile';

/** Where these arguments are set instead. */
const SOURCES: Record<string, string> = {
  KDCUBE_REGISTRY: '--registry',
  KDCUBE_PLATFORM_REGISTRY: '--platformRegistry',
  [PLATFORM_REF_ARG]: 'platform.ref of release.yaml',
};

/** The problems of build arguments: those with an option of their own, invalid names, secrets. No message shows a value. `from`: where they are written. */
export function buildArgProblems(args: Readonly<Record<string, string>>, from = '--args'): Problem[] {
  return Object.entries(args).flatMap(([name, value]) => buildArgProblem(name, value, from) ?? []);
}

function buildArgProblem(name: string, value: string, from: string): Problem | undefined {
  if (Object.hasOwn(SOURCES, name))
    return {
      code: 'wrong-option',
      message: `${from} cannot set the build argument ${name}: its value comes from ${SOURCES[name]!}.`,
      hint: SOURCES[name]!,
    };
  if (!/^[A-Za-z_]\w*$/.test(name))
    return { code: 'wrong-option', message: `${quoted(name)} is not the name of a build argument.` };
  const kind = kindOfSecret(name, value);
  if (kind === undefined) return undefined;
  return {
    code: 'secret-value',
    message: `The build argument ${name} is ${kind}. Everybody who can pull the image can read its build arguments.`,
    hint: 'leave it out; a component gets its secrets from secrets: of its environment',
  };
}

function kindOfSecret(name: string, value: string): string | undefined {
  if (placeholderIn(value) !== undefined) return undefined;
  if (isSecretItself(name, value)) return 'the name of a secret, with its value';
  return secretsIn(value)[0]?.kind;
}
