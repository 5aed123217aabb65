import type { Problem } from '../../problem/problem';
import type { EnvironmentReport, EnvironmentRule, EnvironmentRuleInput } from './rule';
import { gatewayIsAccepted, gatewayIsPlausible } from './rules-gateway';
import {
  execCanRun,
  imagesArePinned,
  mountsAreValid,
  rolesAreOfTheAccount,
  secretsFitTargets,
  sizesExist,
  targetsAreComplete,
} from './rules-targets';
import { composePlaceIsSafe } from './rules-compose';
import { bakedConfigIsOfTheEnvironment, frontendConfigIsUsable, frontendIsConfiguredOnce } from './rules-frontend';
import { descriptorsCanBeEdited, sessionsCanBeSigned } from './rules-platform';
import { proxyIsSafe } from './rules-proxy';
import { readinessCanBeAsked } from './rules-readiness';
import {
  clearedNamesExist,
  holdsNoSecretValues,
  namesHaveOneKind,
  namesAreRead,
  placeholdersAreFilledIn,
  valuesAreValid,
} from './rules-values';
import {
  chatHasDatabases,
  healthPathsAreSafe,
  jsonIsValid,
  keysAreUsed,
  namesAreSafe,
  redisIsShared,
  sectionsHaveServices,
  signatureKeysAreInside,
  tenantIsConsistent,
} from './rules-whole';

/** Every rule, named after what is true if it reports nothing. */
const RULES: EnvironmentRule[] = [
  namesAreSafe,
  tenantIsConsistent,
  signatureKeysAreInside,
  redisIsShared,
  healthPathsAreSafe,
  targetsAreComplete,
  imagesArePinned,
  sizesExist,
  rolesAreOfTheAccount,
  mountsAreValid,
  execCanRun,
  composePlaceIsSafe,
  readinessCanBeAsked,
  sessionsCanBeSigned,
  descriptorsCanBeEdited,
  frontendIsConfiguredOnce,
  frontendConfigIsUsable,
  bakedConfigIsOfTheEnvironment,
  proxyIsSafe,
  keysAreUsed,
  sectionsHaveServices,
  gatewayIsAccepted,
  gatewayIsPlausible,
  namesAreRead,
  namesHaveOneKind,
  valuesAreValid,
  jsonIsValid,
  secretsFitTargets,
  holdsNoSecretValues,
  clearedNamesExist,
  placeholdersAreFilledIn,
  chatHasDatabases,
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
