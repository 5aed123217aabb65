import { GENERATIONS, isPep440 } from '../../platform/generation';
import { quoted } from '../../problem/problem';
import { isCommit, refProblem } from '../refs';
import type { DocumentPath } from '../../document/document';
import { isMapping } from '../../document/layers';
import { isFileEntry, notSecretEntries } from '../../document/not-secret';
import { placeholderIn } from '../../secrets/placeholder';
import { isSecretItself } from '../../secrets/secret-name';
import { quotedWord } from '../../document/values';
import { looksRandom } from '../../secrets/random';
import { secretsIn } from '../../document/secrets';
import type { Report, RuleInput } from './rule';

export function platformRefIsPublished({ release, rest, doc }: RuleInput, report: Report): void {
  if (rest.platform === undefined) {
    report(
      {
        code: 'missing-key',
        message: `${doc.place([]).file} has no platform: every release runs on one version of it.`,
        hint: 'platform:\n  repo: kdcube-ai-app\n  ref: "2026.07.20.444"',
      },
      ['platform'],
    );
    return;
  }
  const { ref, build } = release.platform;
  if (
    ref === undefined ||
    build !== undefined ||
    refProblem(ref) ||
    isCommit(ref) ||
    !GENERATIONS[release.generation].calendarRefs ||
    isPep440(ref)
  )
    return;
  report(
    {
      code: 'platform-ref',
      message: `${quoted(ref)} is not a PEP 440 version: the platform publishes its images only under such versions.`,
      hint: 'ref: "2026.07.20.444"    or platform.build: true, to build the images of this ref',
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

export function holdsNoSecrets({ doc, rest }: RuleInput, report: Report): void {
  const cleared = new Set(notSecretEntries(rest.not_secret).map(({ name }) => name));
  const { not_secret: _, ...whole } = isMapping(doc.value) ? doc.value : {};
  const marked = secretsIn(whole).filter(({ path }) => !cleared.has(settingName(path)));
  const reported = new Set(marked.map(({ path }) => JSON.stringify(path)));
  for (const { path, kind } of marked)
    report({ code: 'secret-value', message: `This looks like ${kind}: ${OPEN}`, hint: keepHint(path) }, path);
  // A setting named `token` often contains the location of a token: then its value is a name or a reference.
  for (const [path, value] of settingsIn(whole, [])) {
    const name = settingName(path);
    if (reported.has(JSON.stringify(path)) || cleared.has(name) || placeholderIn(value)) continue;
    const isNamed = isSecretItself(name, value);
    if (!isNamed && !looksRandom(value)) continue;
    const why = isNamed
      ? `${quoted(name)} is the name of a secret, but its value is written here in plain text`
      : 'This looks like a random key or token';
    const hint = `"env:${name.toUpperCase()}", with the secret in the environment; or, if it is not a secret, not_secret: {${name}: why it is not a secret}`;
    report({ code: 'secret-value', message: `${why}: ${OPEN}`, hint }, path);
  }
}

/** The setting name that a string belongs to. */
function settingName(path: DocumentPath): string {
  return String(path.findLast((part) => typeof part === 'string'));
}

const OPEN = 'everything in a release is also in git, in bundle descriptors and in logs.';

function keepHint(path: DocumentPath): string {
  const name = settingName(path);
  const clear = isSetting(path) ? `; or, if it is not a secret, not_secret: {${name}: why it is not a secret}` : '';
  return `move it to secrets: of the environment, and rotate it: it may have leaked${clear}`;
}

function isSetting(path: DocumentPath): boolean {
  return path.some((part) => part === 'config' || part === 'props');
}

/** All strings in the settings of bundles. */
function settingsIn(value: unknown, path: DocumentPath): [DocumentPath, string][] {
  if (typeof value === 'string') return isSetting(path) ? [[path, value]] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => settingsIn(item, [...path, index]));
  return isMapping(value) ? Object.entries(value).flatMap(([key, item]) => settingsIn(item, [...path, key])) : [];
}

/** `not_secret` must list names that exist. Files need a reason. */
export function clearedNamesExist({ doc, rest }: RuleInput, report: Report): void {
  const names = new Set(settingsIn(doc.value, []).map(([path]) => settingName(path)));
  for (const entry of notSecretEntries(rest.not_secret)) {
    const { name, path } = entry;
    if (isFileEntry(entry)) {
      if (entry.reason === undefined)
        report(
          {
            code: 'missing-key',
            message: `${quotedWord(name)} has no reason: a file in not_secret becomes part of images, and needs one.`,
            hint: `not_secret:\n  ${name}: why it is not a secret`,
          },
          path,
        );
    } else if (!names.has(name))
      report(
        {
          code: 'unknown-key',
          message: `not_secret names ${quotedWord(name)}, but no bundle has a setting with this name.`,
          hint: 'remove the line',
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
        message: `${doc.place([]).file} has no bundles: the platform rejects a descriptor without any.`,
        hint: 'nx g @kdcube/nx:bundle my-bundle',
      },
      ['bundles'],
    );
}
