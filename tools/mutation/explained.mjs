// Survivors that were looked at: the mutant changes nothing that a caller can see. By a part of the path, and the change as it is printed.
const EXPLAINED = [
  [
    'release/edit.ts',
    "?? '' → (nothing)",
    'without a character before it, the text "undefined" is tested for a space, with the same result',
  ],
  ['release/edit.ts', 'doc.errors.length > 0 → false', 'a text that YAML rejects is refused before, when it is read'],
  ['release/read.ts', '?? 0 → (nothing)', 'a problem without a line gives NaN, which counts as 0 in the comparison'],
  ['rollout/lock.ts', '&& → ||', 'a tag with an invalid time is no lock in either case: NaN is not later than now'],
  ['registry/manifests/platform.ts', "?? '' → (nothing)", 'two architectures without a variant are equal as undefined too'],
  ['transport/retries.ts', '?. → .', 'an error of ours has at least one problem'],
  ['transport/retries.ts', "'' → 'mutant'", 'an error of ours has at least one problem'],
  ['image/image.ts', '?? null → (nothing)', 'in a list, JSON writes undefined as null'],
  ['deploy/plan-file.ts', "?? 'invalid' → (nothing)", 'a refusal of the schema has at least one issue'],
  ['transport/challenges.ts', '< → <=', 'at the end of the header no pattern matches, which ends the loop'],
];

export function explanationOf(file, what) {
  return EXPLAINED.find(([part, change]) => file.includes(part) && what === change)?.[2];
}
