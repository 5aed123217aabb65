import type { Problem } from '../../problem/problem';
import type { EnvironmentReport, EnvironmentRule, EnvironmentRuleInput } from './rule';
import { gatewayIsAccepted, gatewayIsWise } from './rules-gateway';
import {
  execCanRun,
  imagesArePinned,
  mountsAreWhole,
  rolesAreOfTheAccount,
  secretsFitTargets,
  sizesExist,
  targetsAreComplete,
} from './rules-targets';
import {
  clearedNamesExist,
  holdsNoSecretValues,
  namesAreOneThing,
  namesAreRead,
  nothingIsLeftToFill,
  valuesCanBe,
} from './rules-values';
import {
  chatHasItsStores,
  healthPathsAreSafe,
  jsonIsJson,
  keysAreUsed,
  namesAreSafe,
  redisIsOne,
  tenantIsOne,
} from './rules-whole';

/** Every rule, each named after what holds when it says nothing. */
const RULES: EnvironmentRule[] = [
  namesAreSafe,
  tenantIsOne,
  redisIsOne,
  healthPathsAreSafe,
  targetsAreComplete,
  imagesArePinned,
  sizesExist,
  rolesAreOfTheAccount,
  mountsAreWhole,
  execCanRun,
  keysAreUsed,
  gatewayIsAccepted,
  gatewayIsWise,
  namesAreRead,
  namesAreOneThing,
  valuesCanBe,
  jsonIsJson,
  secretsFitTargets,
  holdsNoSecretValues,
  clearedNamesExist,
  nothingIsLeftToFill,
  chatHasItsStores,
];

export function environmentRules(input: EnvironmentRuleInput): { problems: Problem[]; notes: Problem[] } {
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  const into =
    (list: Problem[]): EnvironmentReport =>
    (problem, path, at) =>
      list.push({ ...problem, at: input.doc.place(path, at) });
  for (const rule of RULES) rule(input, into(problems), into(notes));
  return { problems, notes };
}
