import { GENERATIONS, isPep440 } from '../generation';
import { quoted } from '../../problem';
import { isCommit, refProblem } from '../refs';
import { secretsIn } from '../secrets';
import type { Report, RuleInput } from './rule';

export function platformRefIsPublished({ release, rest, doc }: RuleInput, report: Report): void {
  if (rest.platform === undefined) {
    report(
      {
        code: 'missing-key',
        message: `${doc.place([]).file} does not say which platform it runs on.`,
        hint: 'platform:\n  repo: kdcube-ai-app\n  ref: "2026.07.20.444"',
      },
      ['platform'],
    );
    return;
  }
  const { ref } = release.platform;
  if (ref === undefined || refProblem(ref) || isCommit(ref) || !GENERATIONS[release.generation].calendarRefs || isPep440(ref))
    return;
  report(
    {
      code: 'platform-ref',
      message: `${quoted(ref)} is no version by PEP 440. The platform publishes its images under such versions only.`,
      hint: 'such as "2026.07.20.444"; or a full commit id where the platform is built here',
    },
    ['platform', 'ref'],
  );
}

export function namesAreTexts({ release }: RuleInput, report: Report): void {
  if (release.name !== undefined && (release.name.length > 200 || /[\u0000-\u001f\u007f]/.test(release.name))) {
    report({ code: 'unsafe-tag', message: 'release_name must be one line of at most 200 characters: it becomes a tag.' }, [
      'release_name',
    ]);
  }
}

export function holdsNoSecrets({ doc }: RuleInput, report: Report): void {
  for (const { path, kind } of secretsIn(doc.value)) {
    report(
      {
        code: 'secret-value',
        message: `This looks like ${kind}. What stands in a release is in git, in images' descriptors and in logs.`,
        hint: 'keep it in the secrets store of the environment, and treat this one as leaked',
      },
      path,
    );
  }
}

export function hasBundles({ written, doc }: RuleInput, _: Report, note: Report): void {
  if (written === 0)
    note(
      {
        code: 'no-bundles',
        message: `${doc.place([]).file} has no bundles yet. The platform refuses a descriptor without any.`,
        hint: 'nx g @kdcube/nx:bundle my-bundle',
      },
      ['bundles'],
    );
}
