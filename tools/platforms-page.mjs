// docs/platforms.md: the generations of the platform, from packages/release/src/platform/generation.ts. tools/docs.mjs prints it.

const RESERVED = { never: 'no', always: 'yes', 'with-examples': 'with `bundles.examples`' };
const DESCRIPTOR = { 'env-json': '`AGENTIC_BUNDLES_JSON`', 'bundles-yaml': '`bundles.yaml`' };

export function platformsPage(generations, facts, lastKnownRef, { gitModeFacts, HTTPS_TOKEN_SINCE }) {
  const rows = Object.entries(generations);
  const table = (columns, cells) =>
    [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n');
  const components = Object.keys(rows[0][1].health);
  return [
    `What the platform expects changed several times. \`platform.ref\` in release.yaml decides which row holds: a calendar version is compared number by number, with or without zeros in front, and stays the tag of the images exactly as it is written. The newest row also holds for every later version, and for a ref that is no version; the plan notes a version newer than \`${lastKnownRef}\`, the last one that was compared with this table. \`--generation\`, or \`generation\` of the plugin’s options, decides against the ref.`,
    table(
      [
        'generation',
        'from `platform.ref`',
        'descriptor',
        'settings of a bundle',
        'ids of examples are reserved',
        'bundle readiness',
      ],
      ([name, row]) => [
        `\`${name}\``,
        `\`${row.since ?? name}\``,
        DESCRIPTOR[row.descriptor],
        row.config === undefined ? 'none' : `\`${row.config}\``,
        RESERVED[row.examplesReserved],
        row.bundleReadiness ? '`GET /monitoring/applications`' : 'no',
      ],
    ),
    'A deploy waits for the bundles where the platform answers and the environment names a URL: [deploying](deploying.md#how-it-ends), [why so](decisions/0027-bundle-readiness.md).',
    '## Health checks',
    'The path that the health check of a container requests, unless `health.path` of the service sets another one. In `2026.8.18`, `/health` of proc answers 503 as long as a required bundle is not ready, and a container that is checked there is replaced again and again.',
    table(['generation', ...components], ([name, { health }]) => [
      `\`${name}\``,
      ...components.map((each) => `\`${health[each]}\``),
    ]),
    '## Bundles from git',
    `What [git mode](git-mode.md) finds in the platform. Mount the folder, or proc clones into the task itself. \`GIT_HTTP_TOKEN\` is read from \`${HTTPS_TOKEN_SINCE}\`.`,
    table(
      ['generation', 'git in the image of proc', 'folder of the clones', 'the same folder on the host, for docker'],
      ([name]) => {
        const { gitInImage, root, hostRoot } = gitModeFacts(name);
        return [`\`${name}\``, gitInImage ? 'yes' : 'no', `\`${root.folder}\` (\`${root.variable}\`)`, `\`${hostRoot}\``];
      },
    ),
    '## Login, packages and descriptors',
    'Where a bundle does the login (`AUTH_PROVIDER: session`, from `2026.6.11.415`), ingress and proc sign sessions with the secret `services.session_token.secret` of their `SECRETS_PROVIDER`: an environment whose provider keeps no secrets is refused, and `verify` looks for the secret in Secrets Manager. Descriptors that the platform edits need a writable configuration folder.',
    table(
      ['generation', 'login by a bundle', 'packages for a function (`@venv`)', 'descriptors that the platform edits'],
      ([name, row]) => [
        `\`${name}\``,
        row.bundleLogin ? 'yes' : 'no',
        row.venvs ? 'yes' : 'no',
        row.editsDescriptors.map((file) => `\`${file}\``).join(', ') || 'none',
      ],
    ),
    '## Facts',
    'What the platform does, from which published version on, and the file that says so at a commit of kdcube/kdcube. A test compares each with a clone of that repository (`KDCUBE_PLATFORM_CLONE`).',
    [
      line(['topic', 'fact', 'from `platform.ref`', 'source']),
      line(['---', '---', '---', '---']),
      ...facts.map(({ topic, fact, ref, commit, file }) => line([topic, fact, `\`${ref}\``, `\`${file}\` at ${commit}`])),
    ].join('\n'),
  ];
}

function line(cells) {
  return `| ${cells.join(' | ')} |`;
}
