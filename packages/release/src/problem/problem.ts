/** Where a problem is. `file` is relative to the workspace; `line` and `col` count from 1; `path` is the place in the document, such as `bundles.items[1].ref`. */
export interface Place {
  file: string;
  line?: number;
  col?: number;
  path?: string;
}

/** One thing that is wrong: what happened and why (`message`), what to type (`hint`), and where (`at`). `code` is a word of PROBLEMS. */
export interface Problem {
  code: ProblemCode;
  message: string;
  hint?: string;
  at?: Place;
}

/**
 * The one error of this project. Reading throws it with every problem it found; doing throws it with one, and `cause`.
 * `changed` is the last line that a person reads: what the failed step left behind.
 */
export class KdcubeError extends Error {
  readonly problems: readonly Problem[];
  readonly changed: string;

  constructor(problems: Problem | readonly Problem[], options: { cause?: unknown; changed?: string } = {}) {
    const list = Array.isArray(problems) ? (problems as Problem[]) : [problems as Problem];
    super(formatProblems(list, options.changed), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KdcubeError';
    this.problems = list;
    this.changed = options.changed ?? NOTHING;
    // Nx prints `stack` where it does not know the error; a known problem has no use for one.
    this.stack = this.message;
  }
}

const NOTHING = 'nothing was changed';

/** The text of problems as a person reads it: place, message, hint, and as the last line how many there are and what was changed. */
export function formatProblems(problems: readonly Problem[], changed: string = NOTHING): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [...problems.map(formatProblem), `${count}, ${changed}.`].join('\n');
}

/** One problem without the closing line; notes are printed this way too. */
export function formatProblem(problem: Problem): string {
  const { code, message, hint, at } = problem;
  const head = at ? `${formatPlace(at)}${at.path ? `  ${at.path}` : ''}  [${code}]` : `[${code}]`;
  const lines = [printable(head), ...indent(message)];
  if (hint) lines.push(...indent(`hint  ${hint}`));
  return lines.join('\n');
}

export function formatPlace({ file, line, col }: Place): string {
  return [file, line, col].filter((part) => part !== undefined).join(':');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${printable(line)}`);
}

/** Hostile input is quoted in messages: control characters (terminal escapes, NUL) are shown as \xNN, never sent to a terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** `text` as a quoted word of a message, cut where it would flood the terminal. */
export function quoted(text: unknown): string {
  const words = typeof text === 'string' ? text : (JSON.stringify(text) ?? String(text));
  return `"${printable(words.length > 80 ? `${words.slice(0, 77)}…` : words)}"`;
}

/**
 * Every problem code and, in a line, what it means. docs/problems.md is printed from this, with the golden text of each.
 * A code is never renamed: people grep for it, and CI scripts test for it.
 */
export const PROBLEMS = {
  // reading a document
  'file-missing': 'A file that the release needs does not exist.',
  'file-too-large': 'A document is larger than anything a release could need.',
  'not-text': 'A document is not UTF-8 text.',
  'yaml-syntax': 'A document is not YAML.',
  'yaml-empty': 'A document is empty.',
  'yaml-alias': 'A document uses anchors, aliases or merge keys.',
  'yaml-many-documents': 'A file holds several YAML documents.',
  'yaml-duplicate-key': 'A key is written twice.',
  'wrong-type': 'A value has another type than its key asks for.',
  'missing-key': 'A key that the release needs is not there.',
  'unknown-key': 'A key that nothing reads.',
  'ignored-key': 'A key that the platform would silently ignore.',
  'rejected-key': 'A key that makes the platform refuse the whole descriptor.',
  'unquoted-value': 'YAML reads an unquoted value as a number, a date or a boolean.',
  'string-boolean': 'A boolean written as text, which the platform takes for true.',
  'list-form': 'Bundles as a list where the platform needs items or a map.',
  // what a release may say
  'no-bundles': 'A release without bundles.',
  'unsafe-id': 'A bundle id that is not safe as a folder, a tag or an argument.',
  'duplicate-id': 'Two bundles with one id.',
  'id-case-clash': 'Two bundle ids that differ only in case.',
  'folder-clash': 'Two bundle ids that fall on one folder in the image.',
  'reserved-id': 'A bundle id that the platform keeps for itself.',
  'id-mismatch': 'The key of a bundle and its inner id differ.',
  'unknown-default': 'default_bundle_id names no bundle of the release.',
  'module-mismatch': 'A module that does not belong to its bundle.',
  'module-rewritten': 'A module that would not import was rewritten (a note, not an error).',
  'path-outside': 'A bundle path that is not where releases put bundles.',
  'unsafe-path': 'A path that climbs out, is absolute, or hides something.',
  'unsafe-ref': 'A git ref that git would refuse or take for an option.',
  'floating-ref': 'A ref that names something else tomorrow.',
  'missing-ref': 'A repo without a ref.',
  'ref-without-repo': 'A ref or git_commit without a repo.',
  'unsafe-url': 'A repository URL that is not ssh, https or file.',
  'url-with-password': 'A repository URL that carries a secret.',
  'unknown-repo': 'A repository name that nothing resolves.',
  'platform-ref': 'A platform.ref that the platform never publishes.',
  'secret-value': 'A secret written where everybody can read it.',
  // pins
  'pin-missing': 'A pinned thing has no pin yet.',
  'pin-stale': 'A pin that is about something else than release.yaml.',
  'tag-moved': 'A tag that no longer names its pinned commit.',
  // git
  'git-missing': 'The git program is not there, or too old.',
  'not-a-repository': 'The workspace is not a git repository.',
  'repo-unreachable': 'A repository that cannot be reached.',
  'repo-denied': 'A repository that refuses these credentials.',
  'repo-empty': 'A repository without a single commit.',
  'ref-not-found': 'A ref that the repository does not have.',
  'bundle-not-found': 'A bundle folder that is not where the release says.',
  // staging
  'symlink-escape': 'A link that leaves its bundle.',
  submodule: 'A submodule inside a bundle.',
  'lfs-pointer': 'A file whose content is in Git LFS.',
  'case-clash': 'Two files of a bundle that differ only in case.',
  'unsafe-name': 'A file name that is not safe everywhere.',
  // bundle sources
  'entrypoint-missing': 'A bundle without entrypoint.py.',
  'entrypoint-none': 'An entrypoint.py in which the platform finds no entrypoint.',
  'entrypoint-many': 'Several entrypoints in one bundle.',
  'absolute-import': 'An import that works only in the author’s folder.',
  // images and registries
  'dockerfile-missing': 'An image folder without a Dockerfile.',
  'dockerfile-unreadable': 'A Dockerfile that cannot be planned.',
  'registry-missing': 'No registry was named.',
  'registry-name': 'A registry name that is not one.',
  'registry-unreachable': 'A registry that cannot be reached.',
  'registry-denied': 'A registry that refuses these credentials.',
  'registry-repository-missing': 'A repository that the registry does not have.',
  'registry-response': 'A registry that answers with something else than the protocol says.',
  'image-not-found': 'An image that the registry does not have.',
  'image-not-pushed': 'An image of the release that was not pushed yet.',
  'tag-taken': 'A tag that names another image already.',
  'unsafe-tag': 'A name that cannot be an image tag.',
  'engine-missing': 'No container engine to build with, or to start an image with.',
  'needs-engine': 'A Dockerfile line that cannot be carried out without a container engine.',
  'build-failed': 'The engine did not build the image.',
  'push-failed': 'The engine did not push the image.',
  'image-does-not-boot': 'An image in which no bundle can be imported at all.',
  'bundle-does-not-import': 'A bundle that does not import in its image.',
  'not-committed': 'Something that must be in git is not.',
  // environments
  'wrong-value': 'A value that its key cannot have.',
  'wrong-target': 'A setting that does not fit where its service runs.',
  'extends-circle': 'Environments that extend each other.',
  'extends-depth': 'An environment that extends one which extends another.',
  'unknown-environment': 'An environment that is not there, or none named where there are several.',
  'unknown-variable': 'A `${…}` that the environment itself does not define.',
  'unknown-image': 'An image that the release does not have.',
  placeholder: 'A placeholder that nobody filled in.',
  'secret-reference': 'A reference to a secret that is none.',
  'tenant-mismatch': 'A tenant or project that differs between two places.',
  'redis-mismatch': 'Components that talk through Redis, and not through the same one.',
  'gateway-value': 'A gateway setting for which the platform refuses the whole gateway.',
  'gateway-warning': 'A gateway setting that the platform warns of (a note, not an error).',
  'env-name': 'A name that cannot be an environment variable’s, or is two things at once.',
  'env-owned': 'An environment variable that is made from another part of the environment.',
  'env-misnamed': 'An environment variable that the platform reads under another name, or not at all.',
  'env-missing': 'An environment variable without which the platform takes a default (a note, not an error).',
  'env-value': 'A value that an environment variable cannot have.',
  'env-too-large': 'An environment that is too large for the place it goes to.',
  'task-definition-missing': 'A task definition that is to be taken over, and is not there.',
  'env-moved': 'A value that goes another way, because its own is too narrow (a note, not an error).',
  'assembly-wins': 'Keys of the platform’s assembly.yaml that would beat this environment (a note, not an error).',
  'exec-shadow': 'Baked bundles that a mount of docker would hide from code (a note, not an error).',
  // AWS
  'aws-credentials': 'The AWS credentials are missing, invalid or expired.',
  'aws-denied': 'AWS denies a call to this user or role.',
  'aws-throttled': 'AWS throttles the calls, and all retries failed.',
  'aws-unreachable': 'AWS is unreachable.',
  'aws-answer': 'AWS rejects a call, or its response is invalid.',
  'wrong-account': 'The AWS account or region is another than the environment’s.',
  'cluster-missing': 'The ECS cluster does not exist.',
  'service-missing': 'An ECS service does not exist.',
  'service-unfit':
    'An ECS service that cannot be deployed: no tasks are wanted, it is being deleted, or somebody else’s controller deploys it.',
  'environment-unready': 'Something that a deploy assumes of AWS is not so.',
  // a rollout
  'plan-invalid': 'A saved plan that is none.',
  'plan-outdated': 'What runs is not what the plan was made from.',
  'deploy-under-way': 'Somebody else is deploying this environment, or a service of it.',
  'rollout-failed': 'A rollout that ECS gave up, for a reason that it does not say.',
  'image-pull-failed': 'An image that ECS cannot pull.',
  'secret-unreadable': 'A secret that ECS cannot read for a task.',
  'container-crashed': 'A container that ended by itself.',
  'health-check-failed': 'A task that was never healthy.',
  'no-capacity': 'No room for a task.',
  'slow-start': 'Tasks that start, and were not healthy in time.',
  'rollout-timeout': 'A rollout that was still going on when the time was over.',
  'rollout-superseded': 'A rollout that somebody else replaced by another one.',
  'service-gone': 'A service that was deleted during its rollout.',
  'rollout-unknown': 'A rollout of which AWS says nothing: neither a success nor a failure.',
  'wrong-image': 'A task that runs another image than the one that was pinned.',
  'task-failed': 'A task that runs once and did not end well, such as the setup of the database.',
  'rollback-failed': 'The way back failed too.',
  'release-unknown': 'A release that has no record in this environment.',
  'release-drift': 'What runs is not what the last record says.',
  // the machine
  'disk-full': 'The disk is full.',
  'file-failed': 'A file could not be read or written.',
  'command-failed': 'A program ended with an error.',
  'command-timeout': 'A program did not end in time.',
  interrupted: 'The step was stopped from outside.',
  'already-running': 'The same step runs already.',
  'wrong-option': 'An option that does not fit.',
  'name-taken': 'A generator would overwrite something else.',
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof PROBLEMS;
