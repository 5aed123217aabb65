import { cachedNx, type CacheAccess, cacheVariables, FILLED, sharedVariables } from './cache';
import { type CiEnvironment, type CiFacts, type CiRegistry, hasEcr, plannedInRequests, usesAws } from './facts';
import { type Job, jobLines, quoted, type Step } from './github-yaml';

/** Actions by commit: a tag can be moved. */
const ACTIONS = {
  checkout: 'actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2',
  node: 'actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0',
  aws: 'aws-actions/configure-aws-credentials@b47578312673ae6fa5b5096b330d9fbac3d116df # v4.2.1',
};

const secret = (name: string) => `\${{ secrets.${name} }}`;
const variable = (name: string) => `\${{ vars.${name} }}`;
const BASE_COMMIT = '${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}';
const OWN_PULL_REQUEST =
  "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository";

/** .github/workflows/release.yml */
export function githubWorkflow(facts: CiFacts): string {
  const { branch, environments } = facts;
  const jobs: [string, Job][] = [
    ['check', checkJob(facts)],
    ['build', buildJob(facts)],
  ];
  const planned = plannedInRequests(facts);
  if (planned.length > 0) jobs.push(['plan', planJob(facts, planned)]);
  if (facts.cache !== 'none') jobs.push(['cache', cacheJob(facts)]);
  jobs.push(['push', pushJob(facts)]);
  let previous = 'push';
  for (const environment of environments) {
    const id = `deploy-${environment.name}`;
    jobs.push([id, deployJob(facts, environment, previous)]);
    previous = id;
  }
  for (const environment of environments) jobs.push([`rollback-${environment.name}`, rollbackJob(facts, environment)]);
  return `${[
    '# Written by `nx g @kdcube/nx:ci --provider=github`. What it needs is in docs/ci.md of @kdcube/nx: roles, variables, secrets, approvals.',
    'name: release',
    'on:',
    '  push:',
    `    branches: [${quoted(branch)}]`,
    '  pull_request:',
    '  merge_group:',
    ...dispatch(environments),
    '# A job gets more only where it says so.',
    'permissions:',
    '  contents: read',
    'env:',
    '  # Each nx command starts about a second faster.',
    "  NX_ISOLATE_PLUGINS: 'false'",
    "  NX_DAEMON: 'false'",
    ...Object.entries(sharedVariables(facts)).map(([name, value]) => `  ${name}: ${quoted(value)}`),
    ...(facts.registry === undefined
      ? []
      : [`  KDCUBE_REGISTRY: ${facts.registry === 'unknown' ? variable('KDCUBE_REGISTRY') : quoted(facts.registry)}`]),
    'jobs:',
    ...jobs.flatMap(([id, job]) => jobLines(id, job)),
  ].join('\n')}\n`;
}

function dispatch(environments: readonly CiEnvironment[]): string[] {
  if (environments.length === 0) return [];
  return [
    '  workflow_dispatch:',
    '    inputs:',
    '      environment:',
    '        description: The environment to roll back',
    '        type: choice',
    `        options: [${environments.map(({ name }) => quoted(name)).join(', ')}]`,
    '      to:',
    '        description: The release to go back to. Empty, the last one that was good and does not run',
    '        type: string',
    '        required: false',
  ];
}

function checkJob(facts: CiFacts): Job {
  const { nx } = facts.manager;
  return {
    name: 'check',
    if: "github.event_name != 'workflow_dispatch'",
    permissions: { contents: 'read' },
    steps: [
      ...setUp(facts),
      // Sync generators do not run in CI: a pin that is missing would be resolved anew in every job.
      { run: [`${nx} sync:check`] },
      {
        // A shallow clone, or a base that is gone, fails here: affected would compare with something else.
        env: { BASE: BASE_COMMIT },
        run: [`${nx} run release:validate \${BASE:+"--base=$BASE"}`],
      },
      withCache(facts, 'read', 'run-many -t lint test stage'),
    ],
  };
}

/** The images that the change affects, built and not pushed. A pull request of a fork has no credentials for the registry of their bases. */
function buildJob(facts: CiFacts): Job {
  return {
    name: 'build',
    if: `(${OWN_PULL_REQUEST}) || github.event_name == 'merge_group'`,
    needs: 'check',
    permissions: readPermissions(facts),
    steps: [
      ...setUp(facts),
      ...(hasEcr(facts) ? awsSteps(facts, 'AWS_ROLE_PLAN') : []),
      ...loginSteps(facts),
      withCache(facts, 'read', 'affected -t docker-build', {
        NX_BASE: BASE_COMMIT,
        NX_HEAD: 'HEAD',
      }),
    ],
  };
}

/** Fills the cache for the runs to come. Its token is a secret of an environment: whoever can open a pull request can change the workflow, and reads what the repository has. */
function cacheJob(facts: CiFacts): Job {
  return {
    name: 'cache',
    if: isPush(facts),
    needs: 'check',
    permissions: readPermissions(facts),
    environment: 'cache',
    steps: [
      ...setUp(facts),
      ...(hasEcr(facts) ? awsSteps(facts, 'AWS_ROLE_PLAN') : []),
      ...loginSteps(facts),
      withCache(facts, 'write', `run-many -t ${FILLED}`),
    ],
  };
}

/** A step whose tasks may be restored from the cache. */
function withCache(facts: CiFacts, access: CacheAccess, command: string, more: Record<string, string> = {}): Step {
  const env = { ...more, ...cacheVariables(facts, access, { variable, secret }) };
  return { run: [`${cachedNx(facts, access)} ${command}`], ...(Object.keys(env).length > 0 && { env }) };
}

function isPush({ branch }: CiFacts): string {
  return `github.event_name == 'push' && github.ref == 'refs/heads/${branch}'`;
}

function readPermissions(facts: CiFacts): Record<string, string> {
  return {
    contents: 'read',
    ...(usesAws(facts) && { 'id-token': 'write' }),
    ...(hasGhcr(facts) && { packages: 'read' }),
  };
}

/** Reads only. A pull request of a fork gets no credentials, and no plan. */
function planJob(facts: CiFacts, environments: readonly CiEnvironment[]): Job {
  const { manager } = facts;
  return {
    name: 'plan',
    if: OWN_PULL_REQUEST,
    needs: 'check',
    permissions: { ...readPermissions(facts), 'pull-requests': 'write' },
    matrix: environments.map(({ name }) => name),
    steps: [
      ...setUp(facts),
      ...awsSteps(facts, 'AWS_ROLE_PLAN'),
      ...loginSteps(facts),
      { run: [`${manager.nx} run release:plan:\${{ matrix.environment }} --unpushed --markdown=plan.md`] },
      {
        name: 'One comment for each environment, replaced by each push',
        env: {
          GH_TOKEN: '${{ github.token }}',
          COMMENTS: 'repos/${{ github.repository }}/issues/${{ github.event.pull_request.number }}/comments',
          COMMENT: 'repos/${{ github.repository }}/issues/comments',
          MARKER: '<!-- plan of ${{ matrix.environment }} -->',
        },
        run: [
          '{ printf \'%s\\n\\n\' "$MARKER"; cat plan.md; } > comment.md',
          // Only the bot's own: the author of a comment can edit the plan in it. No pipe: a look-up that fails is no "none".
          'ids=$(gh api "$COMMENTS" --paginate --jq ".[] | select(.user.login == \\"github-actions[bot]\\" and (.body | startswith(\\"$MARKER\\"))) | .id")',
          'id=$(echo "$ids" | head -n 1)',
          'if [ -n "$id" ]; then gh api --silent --method PATCH "$COMMENT/$id" --field body=@comment.md',
          'else gh api --silent "$COMMENTS" --field body=@comment.md; fi',
        ],
      },
    ],
  };
}

function pushJob(facts: CiFacts): Job {
  const { manager, signs } = facts;
  const signing = {
    KDCUBE_SIGNING_KEY: secret('KDCUBE_SIGNING_KEY'),
    KDCUBE_SIGNING_PASSWORD: secret('KDCUBE_SIGNING_PASSWORD'),
  };
  return {
    name: 'push',
    if: isPush(facts),
    needs: 'check',
    permissions: {
      contents: 'read',
      ...(hasEcr(facts) && { 'id-token': 'write' }),
      ...(hasGhcr(facts) && { packages: 'write' }),
    },
    group: 'push',
    steps: [
      ...setUp(facts),
      ...(hasEcr(facts) ? awsSteps(facts, 'AWS_ROLE_PUSH') : []),
      ...loginSteps(facts),
      {
        // The registry decides what is sent: no base commit can be wrong.
        run: [`${manager.nx} run-many -t docker-push --skip-nx-cache`],
        ...(signs && { env: signing }),
      },
      {
        // Fails if an image of the release is missing: a push that found nothing to do is not green.
        run: [`${manager.nx} run release:tag`],
      },
    ],
  };
}

function deployJob(facts: CiFacts, environment: CiEnvironment, previous: string): Job {
  const { nx } = facts.manager;
  const { name } = environment;
  return {
    ...deployingJob(facts, environment),
    name: `deploy ${name}`,
    needs: previous,
    steps: [
      ...deploySteps(facts, environment),
      { run: [`${nx} run release:verify:${name}`] },
      // Refuses a release that is older than the one that runs: an approval may come late.
      { run: [`${nx} run release:deploy:${name} --skip-nx-cache`], ...variablesOf(environment) },
    ],
  };
}

function rollbackJob(facts: CiFacts, environment: CiEnvironment): Job {
  const { nx } = facts.manager;
  const { name } = environment;
  const { env } = variablesOf(environment);
  return {
    ...deployingJob(facts, environment),
    name: `rollback ${name}`,
    if: `github.event_name == 'workflow_dispatch' && github.ref == 'refs/heads/${facts.branch}' && inputs.environment == '${name}'`,
    steps: [
      ...deploySteps(facts, environment),
      {
        env: { TO: '${{ inputs.to }}', ...env },
        run: [`${nx} run release:rollback:${name} \${TO:+"--to=$TO"} --skip-nx-cache`],
      },
    ],
  };
}

function deployingJob(facts: CiFacts, { name, isOnEcs, host }: CiEnvironment): Omit<Job, 'name' | 'steps'> {
  return {
    ...(host === 'local' && { runsOn: `[self-hosted, ${quoted(name)}]` }),
    permissions: {
      contents: 'read',
      ...((isOnEcs || hasEcr(facts)) && { 'id-token': 'write' }),
      ...(hasGhcr(facts) && { packages: 'write' }),
    },
    environment: name,
    group: `deploy-${name}`,
  };
}

function deploySteps(facts: CiFacts, environment: CiEnvironment): Step[] {
  const needsAws = environment.isOnEcs || hasEcr(facts);
  return [
    ...setUp(facts),
    ...(needsAws ? awsSteps(facts, 'AWS_ROLE_DEPLOY', environment.region) : []),
    ...loginSteps(facts),
    ...hostSteps(environment),
  ];
}

function variablesOf({ variables }: CiEnvironment): { env?: Record<string, string> } {
  return variables.length > 0 ? { env: Object.fromEntries(variables.map((name) => [name, secret(name)])) } : {};
}

function setUp({ manager, git }: CiFacts): Step[] {
  const { setup, install, cache } = manager;
  const set = setup && { run: [setup.command] };
  return [
    // The whole history: the plan tells commits, and a deploy which release is older.
    { uses: ACTIONS.checkout, with: { 'fetch-depth': '0', 'persist-credentials': 'false' } },
    ...(set && !setup.isAfterNode ? [set] : []),
    { uses: ACTIONS.node, with: { 'node-version': '22', ...(cache && { cache }) } },
    ...(set && setup.isAfterNode ? [set] : []),
    { run: [install] },
    ...(git.https ? [httpsStep()] : []),
    ...(git.ssh ? [sshStep('The repositories of bundles', 'BUNDLES_SSH_KEY', 'BUNDLES_KNOWN_HOSTS')] : []),
  ];
}

/** The token stays in the environment: git asks for it. */
function httpsStep(): Step {
  return {
    name: 'The repositories of bundles',
    env: { BUNDLES_TOKEN: secret('BUNDLES_TOKEN') },
    run: [
      '[ -n "$BUNDLES_TOKEN" ] || exit 0',
      'echo "BUNDLES_TOKEN=$BUNDLES_TOKEN" >> "$GITHUB_ENV"',
      // For this host only: any other one could ask git for it.
      `git config --global "credential.$GITHUB_SERVER_URL.helper" '!f() { echo username=x-access-token; echo "password=$BUNDLES_TOKEN"; }; f'`,
    ],
  };
}

function sshStep(name: string, key: string, knownHosts: string): Step {
  return {
    name,
    env: { SSH_KEY: secret(key), SSH_KNOWN_HOSTS: secret(knownHosts) },
    run: [
      '[ -n "$SSH_KEY" ] || exit 0',
      'mkdir -p -m 700 ~/.ssh && printf \'%s\\n\' "$SSH_KNOWN_HOSTS" >> ~/.ssh/known_hosts',
      'if [ -z "${SSH_AUTH_SOCK:-}" ]; then eval "$(ssh-agent -s)" && echo "SSH_AUTH_SOCK=$SSH_AUTH_SOCK" >> "$GITHUB_ENV"; fi',
      'printf \'%s\\n\' "$SSH_KEY" | ssh-add -',
    ],
  };
}

function hostSteps({ host }: CiEnvironment): Step[] {
  return host === 'remote' ? [sshStep('The host', 'HOST_SSH_KEY', 'HOST_KNOWN_HOSTS')] : [];
}

function awsSteps(facts: CiFacts, role: string, region?: string): Step[] {
  if (!usesAws(facts)) return [];
  const known =
    region ??
    facts.registries.find((each) => each.region !== undefined)?.region ??
    facts.environments.find((each) => each.region !== undefined)?.region;
  return [{ uses: ACTIONS.aws, with: { 'role-to-assume': variable(role), 'aws-region': known ?? variable('AWS_REGION') } }];
}

/** Amazon's registry is reached with the role. */
function loginSteps({ registries }: CiFacts): Step[] {
  return registries.flatMap(({ kind, host }: CiRegistry): Step[] => {
    if (kind === 'ecr') return [];
    const [user, password] =
      kind === 'ghcr' ? ['${{ github.actor }}', '${{ github.token }}'] : [secret('REGISTRY_USER'), secret('REGISTRY_PASSWORD')];
    return [
      {
        name: `Log in to ${host}`,
        env: { REGISTRY_USER: user, REGISTRY_PASSWORD: password },
        run: [
          '[ -n "$REGISTRY_PASSWORD" ] || exit 0',
          `printf '%s' "$REGISTRY_PASSWORD" | docker login ${host} --username "$REGISTRY_USER" --password-stdin`,
        ],
      },
    ];
  });
}

function hasGhcr({ registries }: CiFacts): boolean {
  return registries.some(({ kind }) => kind === 'ghcr');
}
