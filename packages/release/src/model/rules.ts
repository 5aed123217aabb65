import type { Place, Problem } from '../problem';
import { quoted } from '../problem';
import { bundleFolder, bundleModule, idProblem } from './bundle-id';
import type { DocumentPath, ReadDocument } from './document';
import { GENERATIONS, isPep440, reservedBecause } from './generation';
import type { FoundBundle } from './read';
import { isCommit, parseRepo, refProblem, unsafePath } from './refs';
import type { Release, ReleaseOptions } from './release';
import { BUNDLES_ROOT } from './release';
import { secretsIn } from './secrets';

/** What the rules look at: the release, and the document for the places. */
export interface RuleInput {
  doc: ReadDocument;
  release: Release;
  found: FoundBundle[];
  defaultId?: { path: DocumentPath; value: unknown };
  rest: Record<string, unknown>;
  options: ReleaseOptions;
}

type Report = (problem: Omit<Problem, 'at'>, path: DocumentPath, at?: 'key') => void;
type Rule = (input: RuleInput, report: Report, note: Report) => void;

/** Every rule, in the order in which people should mend things. Each is named after what holds when it says nothing. */
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
  namesAreTexts,
  holdsNoSecrets,
  hasBundles,
];

export function releaseRules(input: RuleInput): { problems: Problem[]; notes: Problem[] } {
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  const into =
    (list: Problem[]): Report =>
    (problem, path, at) =>
      list.push({ ...problem, at: input.doc.place(path, at) as Place });
  for (const rule of RULES) rule(input, into(problems), into(notes));
  return { problems, notes };
}

function idsAreSafe({ found }: RuleInput, report: Report): void {
  for (const bundle of found) {
    const problem = idProblem(bundle.value.id);
    if (problem) report(problem, idPath(bundle), bundle.key === undefined ? undefined : 'key');
  }
}

function idsAreUnique({ found }: RuleInput, report: Report): void {
  const seen: string[] = [];
  for (const bundle of found) {
    const { id } = bundle.value;
    const same = seen.find((other) => other === id);
    const nearly = seen.find((other) => other.toLowerCase() === id.toLowerCase());
    const folder = seen.find((other) => bundleFolder(other).toLowerCase() === bundleFolder(id).toLowerCase());
    if (same)
      report(
        {
          code: 'duplicate-id',
          message: `The release already has a bundle ${quoted(id)}; the platform would keep one of the two.`,
        },
        idPath(bundle),
      );
    else if (nearly)
      report(
        {
          code: 'id-case-clash',
          message: `${quoted(id)} and ${quoted(nearly)} differ only in case: on macOS and Windows they are one folder.`,
        },
        idPath(bundle),
      );
    else if (folder) {
      report(
        {
          code: 'folder-clash',
          message: `${quoted(id)} and ${quoted(folder)} both fall on ${BUNDLES_ROOT}/${bundleFolder(id)}, because a folder with a dot never imports.`,
          hint: 'give one of them an id without dots',
        },
        idPath(bundle),
      );
    }
    seen.push(id);
  }
}

function idsAreFree({ found, release, options }: RuleInput, report: Report): void {
  for (const bundle of found) {
    const because = reservedBecause(bundle.value.id, release.generation, options.examples ?? false);
    if (because)
      report(
        {
          code: 'reserved-id',
          message: `${quoted(bundle.value.id)} is reserved: ${because}.`,
          hint: 'give the bundle an id of its own',
        },
        idPath(bundle),
      );
  }
}

function defaultExists({ found, defaultId }: RuleInput, report: Report): void {
  if (!defaultId) return;
  if (typeof defaultId.value !== 'string') {
    report({ code: 'wrong-type', message: '"default_bundle_id" is not a text.' }, defaultId.path);
  } else if (!found.some(({ value }) => value.id === defaultId.value)) {
    const ids = found.map(({ value }) => value.id);
    report(
      {
        code: 'unknown-default',
        message: `${quoted(defaultId.value)} is no bundle of this release. The platform would answer with kdcube.admin, silently.`,
        hint: ids.length > 0 ? `one of ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}` : undefined,
      },
      defaultId.path,
    );
  }
}

function refsArePinned({ found, rest, options }: RuleInput, report: Report): void {
  const mayFloat = options.mode === 'git' && options.alwaysPull === true;
  const check = (ref: unknown, repo: unknown, path: DocumentPath, floats: boolean) => {
    if (typeof ref !== 'string') return;
    const problem = refProblem(ref);
    if (!problem || (problem.code === 'floating-ref' && floats)) return;
    const url = typeof repo === 'string' && !('code' in parseRepo(repo)) ? repo : '<repo>';
    report(
      problem.code === 'floating-ref'
        ? { ...problem, hint: `git ls-remote ${url} ${ref}    then write the commit, or a tag` }
        : problem,
      path,
    );
  };
  for (const { value, path } of found) {
    check(value.ref, value.repo, [...path, 'ref'], mayFloat);
    if (value.repo !== undefined && value.ref === undefined) {
      report(
        {
          code: 'missing-ref',
          message: `${quoted(value.id)} has a repo but no ref: nothing says which content it pins.`,
          hint: 'ref: a tag or a full commit id',
        },
        [...path, 'ref'],
      );
    }
    if (value.repo === undefined && value.ref !== undefined) {
      report(
        {
          code: 'ref-without-repo',
          message: `${quoted(value.id)} has a ref but no repo. A workspace bundle has neither: its content is its folder here.`,
          hint: 'add repo:, or remove ref:',
        },
        [...path, 'ref'],
        'key',
      );
    }
    if (value.git_commit !== undefined && (value.repo === undefined || !isCommit(value.git_commit))) {
      report(
        {
          code: value.repo === undefined ? 'ref-without-repo' : 'unsafe-ref',
          message: 'git_commit is the full commit id that ref of repo must name.',
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

function reposAreSafe({ found, rest, release }: RuleInput, report: Report): void {
  const check = (repo: unknown, path: DocumentPath) => {
    if (typeof repo !== 'string') return;
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
        { code: 'unsafe-url', message: `${quoted(name)} is no name for a repository: letters, digits and . _ - only.` },
        ['repos', name],
        'key',
      );
    const place = parseRepo(url);
    if ('code' in place) report(place, ['repos', name]);
    else if (place.kind === 'name')
      report(
        {
          code: 'unknown-repo',
          message: `${quoted(url)} is a name again; here belongs the URL that ${quoted(name)} stands for.`,
        },
        ['repos', name],
      );
  }
}

function subdirsStayInside({ found }: RuleInput, report: Report): void {
  for (const { value, path } of found) {
    if (value.subdir === undefined) continue;
    const why = unsafePath(value.subdir);
    if (why)
      report(
        {
          code: 'unsafe-path',
          message: `${quoted(value.subdir)} cannot be a subdir: ${why}.`,
          hint: 'a folder of the repository, such as service/bundles',
        },
        [...path, 'subdir'],
      );
    else if (value.subdir.split('/').filter(Boolean).pop() === value.id) {
      report(
        {
          code: 'unsafe-path',
          message: `subdir is the folder that holds the bundle's folder; ${quoted(value.subdir)} names the bundle's own.`,
          hint: `subdir: ${value.subdir.split('/').filter(Boolean).slice(0, -1).join('/') || '.'}`,
        },
        [...path, 'subdir'],
      );
    }
  }
}

function modulesImport({ found }: RuleInput, report: Report, note: Report): void {
  for (const { value, path } of found) {
    const { id, module } = value;
    if (idProblem(id) !== undefined) continue;
    const right = bundleModule(id);
    if (module !== undefined && ![right, `${id}.entrypoint`, 'entrypoint'].includes(module)) {
      report(
        {
          code: 'module-mismatch',
          message: `${quoted(module)} is not the module of ${quoted(id)}. The image holds ${BUNDLES_ROOT}/${bundleFolder(id)}/entrypoint.py.`,
          hint: `module: "${right}", or remove the line`,
        },
        [...path, 'module'],
      );
    } else if (bundleFolder(id) !== id) {
      note(
        {
          code: 'module-rewritten',
          message: `The platform's loader turns every dot of a module into a slash, so ${quoted(`${id}.entrypoint`)} would never import. ${id} is staged as ${BUNDLES_ROOT}/${bundleFolder(id)} with the module ${right}; its id stays.`,
        },
        module === undefined ? idPath({ path }) : [...path, 'module'],
      );
    }
  }
}

function pathsAreDerived({ found }: RuleInput, report: Report): void {
  for (const { value, path } of found) {
    if (value.path === undefined) continue;
    const right = [BUNDLES_ROOT, `${BUNDLES_ROOT}/${value.id}`, `${BUNDLES_ROOT}/${bundleFolder(value.id)}`];
    if (!right.includes(value.path.replace(/\/+$/, ''))) {
      report(
        {
          code: 'path-outside',
          message: `${quoted(value.path)} is not where a release puts bundles: that is ${BUNDLES_ROOT}, always.`,
          hint: 'remove the line',
        },
        [...path, 'path'],
      );
    }
  }
}

function configHasOneName({ found, release }: RuleInput, report: Report, note: Report): void {
  const { config } = GENERATIONS[release.generation];
  for (const { value, path } of found) {
    const given = value.config !== undefined ? 'config' : 'props';
    if (value.config !== undefined && value.props !== undefined)
      report(
        {
          code: 'ignored-key',
          message: '"config" and "props" are two names of one thing; the platform reads one of them.',
          hint: 'keep config:',
        },
        [...path, 'props'],
        'key',
      );
    else if (value[given] !== undefined && config === undefined) {
      note(
        {
          code: 'ignored-key',
          message: `A platform of generation ${release.generation} (${release.generationBecause}) does not read ${quoted(given)}: it will not reach the bundle.`,
        },
        [...path, given],
        'key',
      );
    }
  }
}

function platformRefIsPublished({ release, rest, doc }: RuleInput, report: Report): void {
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

function namesAreTexts({ release }: RuleInput, report: Report): void {
  // eslint-disable-next-line no-control-regex
  if (release.name !== undefined && (release.name.length > 200 || /[\u0000-\u001f\u007f]/.test(release.name))) {
    report({ code: 'unsafe-tag', message: 'release_name must be one line of at most 200 characters: it becomes a tag.' }, [
      'release_name',
    ]);
  }
}

function holdsNoSecrets({ doc }: RuleInput, report: Report): void {
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

function hasBundles({ found, doc }: RuleInput, _: Report, note: Report): void {
  if (found.length === 0)
    note(
      {
        code: 'no-bundles',
        message: `${doc.place([]).file} has no bundles yet. The platform refuses a descriptor without any.`,
        hint: 'nx g @kdcube/nx:bundle my-bundle',
      },
      ['bundles'],
    );
}

function idPath(bundle: Pick<FoundBundle, 'path' | 'key'>): DocumentPath {
  return bundle.key === undefined ? [...bundle.path, 'id'] : bundle.path;
}
