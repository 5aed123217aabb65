import { quoted } from '../../problem/problem';
import { bundleFolder } from '../../platform/bundle-id';
import { isCommit, normalPath, refProblem, unsafePath } from '../refs';
import { parseRepo } from '../repo-url';
import { readRegistry } from '../reference';
import type { DocumentPath } from '../../document/document';
import type { Report, RuleInput } from './rule';

export function refsArePinned({ found, rest, options }: RuleInput, report: Report): void {
  const mayFloat = options.mode === 'git' && options.alwaysPull === true;
  const check = (ref: unknown, repo: unknown, path: DocumentPath, floats: boolean) => {
    if (typeof ref !== 'string' || ref === '') return;
    const problem = refProblem(ref);
    if (!problem || (problem.code === 'mutable-ref' && floats)) return;
    const url = typeof repo === 'string' && !('code' in parseRepo(repo)) ? repo : '<repo>';
    report(
      problem.code === 'mutable-ref'
        ? { ...problem, hint: `git ls-remote ${url} ${ref}    then write the commit, or a tag` }
        : problem,
      path,
    );
  };
  for (const bundle of found) {
    const { value, path } = bundle;
    check(value.ref, value.repo, [...path, 'ref'], mayFloat);
    if (value.repo !== undefined && !bundle.has('ref')) {
      report(
        {
          code: 'missing-ref',
          message: `${quoted(value.id)} has a repo but no ref: its content is not pinned.`,
          hint: 'ref: <tag or full commit id>',
        },
        [...path, 'ref'],
      );
    }
    if (!bundle.has('repo') && value.ref !== undefined) {
      report(
        {
          code: 'ref-without-repo',
          message: `${quoted(value.id)} has a ref but no repo: a pinned bundle has both, a workspace bundle neither.`,
          hint: 'add repo:, or remove ref:',
        },
        [...path, 'ref'],
        'key',
      );
    }
    if (value.git_commit !== undefined && (!bundle.has('repo') || !isCommit(value.git_commit))) {
      report(
        {
          code: !bundle.has('repo') ? 'ref-without-repo' : 'unsafe-ref',
          message: !bundle.has('repo')
            ? `${quoted(value.id)} has a git_commit but no repo: git_commit is the commit that ref of repo must resolve to.`
            : 'git_commit is not a full commit id: ref must resolve to exactly that commit.',
        },
        [...path, 'git_commit'],
      );
    }
  }
  for (const section of ['frontend', 'platform'] as const) {
    const part = rest[section] as Record<string, unknown> | undefined;
    check(part?.ref, part?.repo, [section, 'ref'], false);
  }
}

export function reposAreSafe({ found, rest, release }: RuleInput, report: Report): void {
  const check = (repo: unknown, path: DocumentPath) => {
    if (typeof repo !== 'string' || repo === '') return;
    const place = parseRepo(repo);
    if ('code' in place) report(place, path);
  };
  for (const { value, path } of found) check(value.repo, [...path, 'repo']);
  for (const section of ['frontend', 'platform'] as const)
    check((rest[section] as Record<string, unknown> | undefined)?.repo, [section, 'repo']);
  for (const [name, url] of Object.entries(release.repos)) {
    const key = parseRepo(name);
    if (!('kind' in key) || key.kind !== 'name')
      report(
        {
          code: 'unsafe-url',
          message: `${quoted(name)} cannot be the name of a repository: only letters, digits and . _ - are allowed.`,
        },
        ['repos', name],
        'key',
      );
    const place = parseRepo(url);
    if ('code' in place) report(place, ['repos', name]);
    else if (place.kind === 'name')
      report(
        {
          code: 'unknown-repo',
          message: `${quoted(url)} is not a URL: repos: gives the name ${quoted(name)} the URL of a repository.`,
          hint: `${name}: git@…`,
        },
        ['repos', name],
      );
  }
}

export function platformRegistryIsValid({ rest }: RuleInput, report: Report): void {
  const written = (rest.platform as Record<string, unknown> | undefined)?.registry;
  const read = typeof written === 'string' && written !== '' ? readRegistry(written) : undefined;
  if (read && 'code' in read) report(read, ['platform', 'registry']);
}

export function subdirsStayInside({ found, rest }: RuleInput, report: Report): void {
  const refuse = (subdir: string, why: string, path: DocumentPath) =>
    report(
      {
        code: 'unsafe-path',
        message: `${quoted(subdir)} cannot be a subdir: ${why}.`,
        hint: 'subdir: <folder of the repository>, such as service/bundles',
      },
      [...path, 'subdir'],
    );
  const frontend = rest.frontend as Record<string, unknown> | undefined;
  const unsafe = typeof frontend?.subdir === 'string' ? unsafePath(frontend.subdir) : undefined;
  if (unsafe) refuse(frontend!.subdir as string, unsafe, ['frontend']);
  for (const { value, path } of found) {
    if (value.subdir === undefined) continue;
    const why = unsafePath(value.subdir);
    if (why) refuse(value.subdir, why, path);
    else if ([value.id, bundleFolder(value.id)].includes(normalPath(value.subdir).split('/').pop()!)) {
      report(
        {
          code: 'unsafe-path',
          message: `${quoted(value.subdir)} is the folder of the bundle itself: subdir is the folder above it.`,
          hint: `subdir: ${normalPath(value.subdir).split('/').slice(0, -1).join('/') || '.'}`,
        },
        [...path, 'subdir'],
      );
    }
  }
}
