import type { Problem } from '../../problem/problem';
import { defaultExists, idsAreFree, idsAreSafe, idsAreUnique } from './ids';
import { configHasOneName, modulesImport, pathsAreDerived } from './loading';
import { platformImagesExist, platformIsBuiltOrMirrored } from './platform-build';
import type { Report, Rule, RuleInput } from './rule';
import { platformRegistryIsValid, refsArePinned, reposAreSafe, subdirsStayInside } from './sources';
import { clearedNamesExist, hasBundles, holdsNoSecrets, namesAreTexts, platformRefIsPublished } from './whole';

/** Every rule, in the order in which problems should be fixed. A rule is named after what is true if it reports nothing. */
const RULES: Rule[] = [
  idsAreSafe,
  idsAreUnique,
  idsAreFree,
  defaultExists,
  refsArePinned,
  reposAreSafe,
  subdirsStayInside,
  modulesImport,
  pathsAreDerived,
  configHasOneName,
  platformRefIsPublished,
  platformRegistryIsValid,
  platformIsBuiltOrMirrored,
  platformImagesExist,
  namesAreTexts,
  holdsNoSecrets,
  clearedNamesExist,
  hasBundles,
];

export function releaseRules(input: RuleInput): { problems: Problem[]; notes: Problem[] } {
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  const into =
    (list: Problem[]): Report =>
    (problem, path, at) =>
      list.push({ ...problem, at: input.doc.place(path, at) });
  for (const rule of RULES) rule(input, into(problems), into(notes));
  return { problems, notes };
}
