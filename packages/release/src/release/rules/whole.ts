import { GENERATIONS, isPep440 } from '../../platform/generation';
import { quoted } from '../../problem/problem';
import { isCommit, refProblem } from '../refs';
import type { DocumentPath } from '../../document/document';
import { isMapping } from '../../document/layers';
import { looksRandom, quotedWord } from '../../document/values';
import { secretsIn } from '../../document/secrets';
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
  const cleared = new Set<unknown>(isMapping(doc.value) && Array.isArray(doc.value.not_secret) ? doc.value.not_secret : []);
  const marked = secretsIn(doc.value).filter(({ path }) => !cleared.has(path.at(-1)));
  const reported = new Set(marked.map(({ path }) => JSON.stringify(path)));
  for (const { path, kind } of marked)
    report({ code: 'secret-value', message: `This looks like ${kind}. ${OPEN}`, hint: KEEP }, path);
  // By their look alone: a setting that is called `token` often says where one is.
  for (const [path, value] of settingsIn(doc.value, [])) {
    const name = path.findLast((part) => typeof part === 'string')!;
    if (!looksRandom(value) || reported.has(JSON.stringify(path)) || cleared.has(name)) continue;
    const message = `This looks drawn at random, as keys and tokens are. ${OPEN}`;
    const hint = `"env:${name.toUpperCase()}", and the secret in the environment; or, if it is none, not_secret: [${name}]`;
    report({ code: 'secret-value', message, hint }, path);
  }
}

const OPEN = "What stands in a release is in git, in images' descriptors and in logs.";
const KEEP = 'keep it in the secrets store of the environment, and treat this one as leaked';

/** The texts in the settings of bundles, wherever those stand. */
function settingsIn(value: unknown, path: DocumentPath): [DocumentPath, string][] {
  const inside = path.some((part) => part === 'config' || part === 'props');
  if (typeof value === 'string') return inside ? [[path, value]] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => settingsIn(item, [...path, index]));
  return isMapping(value) ? Object.entries(value).flatMap(([key, item]) => settingsIn(item, [...path, key])) : [];
}

/** What clears a value must name one. */
export function clearedNamesExist({ doc }: RuleInput, report: Report): void {
  const cleared = isMapping(doc.value) && Array.isArray(doc.value.not_secret) ? (doc.value.not_secret as unknown[]) : [];
  const names = new Set<unknown>(settingsIn(doc.value, []).map(([path]) => path.findLast((part) => typeof part === 'string')));
  cleared.forEach((name, index) => {
    if (!names.has(name))
      report(
        { code: 'unknown-key', message: `${quotedWord(name)} is the name of no setting of a bundle.`, hint: 'remove the line' },
        ['not_secret', index],
      );
  });
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
