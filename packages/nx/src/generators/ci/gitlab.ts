import { cachedNx, cacheVariables, FILLED, sharedVariables } from './cache';
import { type CiEnvironment, type CiFacts, plannedInRequests, usesAws } from './facts';

/** A job, as lines of YAML below its name. */
type Lines = string[];

const OWN_MERGE_REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID';

/** .gitlab-ci.yml */
export function gitlabPipeline(facts: CiFacts): string {
  const { branch, environments, manager } = facts;
  const isMain = `$CI_COMMIT_BRANCH == "${branch}"`;
  const deploys = environments.map(({ name }) => `deploy ${name}`);
  return `${[
    '# Written by `nx g @kdcube/nx:ci --provider=gitlab`. What it needs is in docs/ci.md of @kdcube/nx: roles, variables, runners, approvals.',
    'workflow:',
    '  rules:',
    '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
    `    - if: ${isMain}`,
    `stages: [${['check', 'plan', 'push', ...deploys, 'rollback', ...(facts.cache === 'none' ? [] : ['cache'])].join(', ')}]`,
    'default:',
    '  image: node:22-bookworm',
    '  interruptible: false',
    'variables:',
    '  # The whole history: the plan tells commits, and a deploy which release is older.',
    "  GIT_DEPTH: '0'",
    '  # Each nx command starts about a second faster.',
    "  NX_ISOLATE_PLUGINS: 'false'",
    "  NX_DAEMON: 'false'",
    ...Object.entries(sharedVariables(facts)).map(([name, value]) => `  ${name}: '${value}'`),
    // Where nothing names it, it is a variable of the project.
    ...(facts.registry === undefined || facts.registry === 'unknown' ? [] : [`  KDCUBE_REGISTRY: ${facts.registry}`]),
    ...(usesAws(facts) ? ['  AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-token'] : []),
    '',
    ...job('check', [
      'stage: check',
      ...variables(cacheVariables(facts, 'read', NAMES)),
      ...script([
        ...setUp(facts),
        // Sync generators do not run in CI: a pin that is missing would be resolved anew in every job.
        `${manager.nx} sync:check`,
        // A shallow clone, or a base that is gone, fails here: affected would compare with something else.
        `${manager.nx} run release:validate \${CI_MERGE_REQUEST_DIFF_BASE_SHA:+"--base=$CI_MERGE_REQUEST_DIFF_BASE_SHA"}`,
        `${cachedNx(facts, 'read')} run-many -t lint test stage`,
      ]),
    ]),
    ...job('build', [
      'stage: plan',
      ...rules(OWN_MERGE_REQUEST),
      ...identity(facts, 'AWS_ROLE_PLAN', cacheVariables(facts, 'read', NAMES)),
      ...script([
        ...setUp(facts),
        ...signIn(facts),
        `NX_BASE="$CI_MERGE_REQUEST_DIFF_BASE_SHA" NX_HEAD=HEAD ${cachedNx(facts, 'read')} affected -t docker-build`,
      ]),
    ]),
    ...(facts.cache === 'none' ? [] : cacheJob(facts, isMain)),
    ...plannedInRequests(facts).flatMap((environment) => planJob(facts, environment)),
    ...job('push', [
      'stage: push',
      'resource_group: push',
      ...rules(isMain),
      ...identity(facts, 'AWS_ROLE_PUSH'),
      ...script([
        ...setUp(facts),
        ...signIn(facts),
        // The registry decides what is sent: no base commit can be wrong.
        `${manager.nx} run-many -t docker-push --skip-nx-cache`,
        // Fails if an image of the release is missing: a push that found nothing to do is not green.
        `${manager.nx} run release:tag`,
      ]),
    ]),
    ...environments.flatMap((environment, index) => deployJob(facts, environment, { isMain, isFirst: index === 0 })),
    ...environments.flatMap((environment) => rollbackJob(facts, environment, isMain)),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** Fills the cache for the runs to come. Its token is a protected variable, which no merge request gets. */
function cacheJob(facts: CiFacts, isMain: string): Lines {
  return job('cache', [
    'stage: cache',
    // Beside the push: no deploy waits for it.
    'needs: [check]',
    ...rules(isMain, ['allow_failure: true']),
    ...identity(facts, 'AWS_ROLE_PLAN', cacheVariables(facts, 'write', NAMES)),
    ...script([...setUp(facts), ...signIn(facts), `${cachedNx(facts, 'write')} run-many -t ${FILLED}`]),
  ]);
}

/** Reads only. A merge request of a fork gets no credentials, and no plan. */
function planJob(facts: CiFacts, environment: CiEnvironment): Lines {
  const { name } = environment;
  const command = `${facts.manager.nx} run release:plan:${name} --unpushed --markdown=plan-${name}.md`;
  return job(`plan ${name}`, [
    'stage: plan',
    ...rules(OWN_MERGE_REQUEST),
    ...identity(facts, 'AWS_ROLE_PLAN'),
    ...script([...setUp(facts), ...signIn(facts), command]),
    'artifacts:',
    `  expose_as: plan of ${name}`,
    `  paths: [plan-${name}.md]`,
    '  expire_in: 30 days',
  ]);
}

function deployJob(facts: CiFacts, environment: CiEnvironment, { isMain, isFirst }: { isMain: string; isFirst: boolean }): Lines {
  const { nx } = facts.manager;
  const { name } = environment;
  return job(`deploy ${name}`, [
    `stage: deploy ${name}`,
    ...rules(isMain, isFirst ? [] : ['when: manual']),
    ...place(facts, environment),
    ...script([
      ...setUp(facts),
      ...signIn(facts),
      ...hostLines(environment),
      `${nx} run release:verify:${name}`,
      // Refuses a release that is older than the one that runs: an approval may come late.
      `${nx} run release:deploy:${name} --skip-nx-cache`,
    ]),
  ]);
}

function rollbackJob(facts: CiFacts, environment: CiEnvironment, isMain: string): Lines {
  const { name } = environment;
  const command = `${facts.manager.nx} run release:rollback:${name} \${TO:+"--to=$TO"} --skip-nx-cache`;
  return job(`rollback ${name}`, [
    'stage: rollback',
    // TO is a variable of the manual job: the release to go back to. Empty, the last one that was good and does not run.
    ...rules(isMain, ['when: manual', 'allow_failure: true']),
    'needs: []',
    ...place(facts, environment),
    ...script([...setUp(facts), ...signIn(facts), ...hostLines(environment), command]),
  ]);
}

/** Where a job deploys: one at a time. */
function place(facts: CiFacts, environment: CiEnvironment): Lines {
  return [
    `environment: ${environment.name}`,
    `resource_group: deploy-${environment.name}`,
    ...runner(environment),
    ...identity(facts, 'AWS_ROLE_DEPLOY'),
  ];
}

/** A host that ssh does not reach has a runner of its own. */
function runner({ name, host }: CiEnvironment): Lines {
  return host === 'local' ? [`tags: [${name}]`] : [];
}

function setUp({ manager, git }: CiFacts): Lines {
  return [
    ...(manager.setup ? [manager.setup.command] : []),
    manager.install,
    ...(git.https
      ? [
          // For this host only: any other one could ask git for the job's token.
          `git config --global "credential.$CI_SERVER_URL.helper" '!f() { echo "username=\${BUNDLES_USER:-gitlab-ci-token}"; echo "password=\${BUNDLES_TOKEN:-$CI_JOB_TOKEN}"; }; f'`,
        ]
      : []),
    ...(git.ssh ? sshLines('BUNDLES_SSH_KEY', 'BUNDLES_KNOWN_HOSTS') : []),
  ];
}

/** Variables of the type file: a key never stands in a command. A merge request of a fork has none, and public repositories need none. */
function sshLines(key: string, knownHosts: string): Lines {
  return [
    `[ -z "\${${knownHosts}:-}" ] || { mkdir -p -m 700 ~/.ssh && cat "$${knownHosts}" >> ~/.ssh/known_hosts; }`,
    '[ -n "${SSH_AUTH_SOCK:-}" ] || eval "$(ssh-agent -s)"',
    `[ -z "\${${key}:-}" ] || tr -d '\\r' < "$${key}" | ssh-add -`,
  ];
}

function hostLines({ host }: CiEnvironment): Lines {
  return host === 'remote' ? sshLines('HOST_SSH_KEY', 'HOST_KNOWN_HOSTS') : [];
}

function identity(facts: CiFacts, role: string, more: Record<string, string> = {}): Lines {
  if (!usesAws(facts)) return variables(more);
  return ['id_tokens:', '  AWS_ID_TOKEN:', '    aud: https://gitlab.com', ...variables({ AWS_ROLE_ARN: `$${role}`, ...more })];
}

/** GitLab has one kind of variable. */
const NAMES = { variable: (name: string) => `$${name}`, secret: (name: string) => `$${name}` };

function variables(values: Record<string, string>): Lines {
  const lines = Object.entries(values).map(([name, value]) => `  ${name}: ${value.startsWith('$') ? value : `'${value}'`}`);
  return lines.length > 0 ? ['variables:', ...lines] : [];
}

/** What a job needs before it asks AWS or a registry. No docker is needed for a login: the client reads docker's file. */
function signIn(facts: CiFacts): Lines {
  const others = facts.registries.filter(({ kind }) => kind !== 'ecr');
  const auths = others.map(({ kind, host }) => {
    const [user, password] =
      kind === 'gitlab' ? ['$CI_REGISTRY_USER', '$CI_REGISTRY_PASSWORD'] : ['$REGISTRY_USER', '$REGISTRY_PASSWORD'];
    return `"${host}" "$(printf '%s:%s' "${user}" "${password}" | base64 -w 0)"`;
  });
  const pairs = others.map(() => '"%s":{"auth":"%s"}').join(',');
  return [
    ...(usesAws(facts) ? ['(umask 077; printf \'%s\' "$AWS_ID_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE")'] : []),
    ...(others.length > 0
      ? [`mkdir -p ~/.docker && (umask 077; printf '{"auths":{${pairs}}}' ${auths.join(' ')} > ~/.docker/config.json)`]
      : []),
  ];
}

function rules(condition: string, more: Lines = []): Lines {
  return ['rules:', `  - if: ${condition}`, ...more.map((line) => `    ${line}`)];
}

function script(commands: Lines): Lines {
  return ['script:', ...commands.map((command) => `  - ${scalar(command)}`)];
}

/** In single quotes where YAML would read more than text in it. */
function scalar(command: string): string {
  return /^[\w./@:= -]+$/.test(command) && !/: /.test(command) ? command : `'${command.replaceAll("'", "''")}'`;
}

function job(name: string, lines: Lines): Lines {
  return [`${name}:`, ...lines.map((line) => `  ${line}`), ''];
}
