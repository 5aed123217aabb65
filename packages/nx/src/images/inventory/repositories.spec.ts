import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { KdcubeError, parseRegistry, type Workspace } from '@kdcube/release/internal';
import { restoreVariables } from '../../../testing/aws-kit';
import { withJournal } from '../../system/journal';
import type { Log } from '../../system/log';
import { silentLog } from '../../system/log';
import { checkRepositories } from '../../targets/ecs/verify/repositories';
import { createRepositories, describeSettings, neededRepositories } from './repositories';

const env = { ...process.env };
const REGISTRY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

interface Ecr {
  api: string;
  repositories: string[];
  settings: Map<string, Record<string, unknown>>;
  policies: Map<string, string>;
  denied: string[];
  calls: string[];
  close(): Promise<void>;
}

const WORKSPACE = {
  images: [{ name: 'proc' }, { name: 'kdcube-web-proxy' }],
  pins: { built: [{ subject: { name: 'kdcube-metrics' } }], platform: [{ subject: { name: 'kdcube-chat-ingress' } }] },
} as unknown as Workspace;
const NAMES = ['acme/proc', 'acme/kdcube-web-proxy', 'acme/kdcube-metrics', 'acme/kdcube-chat-ingress', 'acme/releases'];

let ecr: Ecr;
let notes: string[];
let events: object[];
const log: Log = { ...silentLog, note: (text) => notes.push(text), event: (event) => events.push(event) };

beforeEach(async () => {
  const file = pathToFileURL(path.join(__dirname, '../../../../../tools/registry/ecr.mjs')).href;
  ecr = await ((await import(file)) as { startEcr(options?: object): Promise<Ecr> }).startEcr();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_ECR: ecr.api,
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  notes = [];
  events = [];
});
afterEach(async () => {
  await ecr.close();
  restoreVariables(env);
});

const create = (registry = `${REGISTRY}/acme`) => createRepositories(WORKSPACE, parseRegistry(registry), 'customer', log);
/** The code of the Problem, its hint, and what the command had changed. */
async function failure(registry?: string): Promise<[string, string | undefined, string]> {
  let changes = '';
  const error = await withJournal('/', async (describe) => {
    try {
      await create(registry);
    } catch (thrown) {
      changes = describe();
      return thrown;
    }
    return undefined;
  });
  const [problem] = (error as KdcubeError).problems;
  return [problem!.code, problem!.hint, changes];
}

it('names every repository once, with what it is for', () => {
  expect([...neededRepositories(WORKSPACE)]).toEqual([
    ['proc', 'built'],
    ['kdcube-web-proxy', 'built'],
    ['kdcube-metrics', 'platform'],
    ['kdcube-chat-ingress', 'mirrored'],
    ['releases', 'records'],
  ]);
});

describe('create', () => {
  it('creates all that are missing, with the settings of their use; a second time, none', async () => {
    expect(await create()).toEqual(NAMES);
    expect(ecr.repositories).toEqual(NAMES);
    const filters = (filter: string) => [{ filterType: 'WILDCARD', filter }];
    const tags = [{ Key: 'kdcube:created-by', Value: 'release:images' }];
    const scanned = { imageScanningConfiguration: { scanOnPush: true }, tags };
    expect([...ecr.settings.values()]).toEqual([
      {
        repositoryName: NAMES[0],
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: filters('customer-*'),
        ...scanned,
      },
      expect.objectContaining({ repositoryName: NAMES[1], imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' }),
      expect.objectContaining({
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: filters('c-*'),
      }),
      { repositoryName: NAMES[3], imageTagMutability: 'IMMUTABLE', ...scanned },
      {
        repositoryName: NAMES[4],
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: false },
        tags,
      },
    ]);
    expect(events).toHaveLength(NAMES.length);
    ecr.calls.length = 0;
    expect(await create()).toEqual([]);
    expect(new Set(ecr.calls)).toEqual(new Set(['DescribeRepositories']));
  });

  it('leaves existing ones as they are', async () => {
    ecr.repositories.push(NAMES[1]!);
    ecr.settings.set(NAMES[1]!, { imageTagMutability: 'MUTABLE' });
    expect(await create()).toEqual(NAMES.filter((name) => name !== NAMES[1]));
    expect(ecr.settings.get(NAMES[1]!)).toEqual({ imageTagMutability: 'MUTABLE' });
  });

  it('tells what was created before a refusal', async () => {
    const push = ecr.repositories.push.bind(ecr.repositories);
    ecr.repositories.push = (...names) => {
      if (names[0] === NAMES[1]) ecr.denied.push('CreateRepository');
      return push(...names);
    };
    expect(await failure()).toEqual([
      'aws-denied',
      `grant ecr:CreateRepository on arn:aws:ecr:eu-central-1:123456789012:repository/${NAMES[2]} to this user or role`,
      `Already done: created the repository ${REGISTRY}/${NAMES[0]}; created the repository ${REGISTRY}/${NAMES[1]}. Nothing else was changed.`,
    ]);
  });

  it('creates nothing if it cannot see what exists', async () => {
    ecr.denied.push('DescribeRepositories');
    expect(await failure()).toEqual([
      'aws-denied',
      expect.stringContaining('ecr:DescribeRepositories'),
      expect.stringContaining('No file'),
    ]);
    expect(ecr.repositories).toEqual([]);
  });

  it('counts no repository that someone else created in the meantime', async () => {
    const includes = ecr.repositories.includes.bind(ecr.repositories);
    let asked = 0;
    // The list says that it is missing, and it exists when it is to be created.
    ecr.repositories.includes = (name) => (name === NAMES[0] ? (asked += 1) > 1 : includes(name));
    expect(await create()).toEqual(NAMES.slice(1));
    expect(notes).toEqual([`${REGISTRY}/${NAMES[0]} was created by someone else in the meantime`]);
  });

  it('is refused for another registry, and for another account', async () => {
    expect(await failure('ghcr.io/acme')).toEqual(['wrong-option', expect.any(String), expect.stringContaining('No file')]);
    expect((await failure(`210987654321.dkr.ecr.eu-central-1.amazonaws.com/acme`))[0]).toBe('aws-denied');
    expect(ecr.repositories).toEqual([]);
  });
});

describe('verify', () => {
  const check = async () =>
    (await checkRepositories(['proc', 'releases'], parseRegistry(`${REGISTRY}/acme`))).map(
      ({ check: name, subject, status, detail }) => `${status} ${name} ${subject}: ${detail}`,
    );
  const policy = (tagStatus: string) => JSON.stringify({ rules: [{ rulePriority: 7, selection: { tagStatus } }] });

  it('finds what is missing, and passes what was created', async () => {
    const missing = 'does not exist: ECR creates no repository on push';
    expect(await check()).toEqual([
      `fail repository-exists acme/proc: ${missing}`,
      `fail repository-exists acme/releases: ${missing}`,
    ]);
    await create();
    expect(await check()).toEqual([
      'pass repository-exists acme/proc: immutable tags but customer-*, scanned on push',
      'pass repository-lifecycle acme/proc: has no lifecycle policy',
      'pass repository-exists acme/releases: immutable tags, not scanned on push',
      'pass repository-lifecycle acme/releases: has no lifecycle policy',
    ]);
  });

  it.each([
    [policy('untagged'), 'pass', 'its lifecycle policy keeps every image with a tag'],
    [policy('tagged'), 'fail', expect.stringContaining('whose rule 7 removes images with a tag')],
    [policy('any'), 'fail', expect.stringContaining('rule 7')],
    ['{"rules":[{}]}', 'fail', expect.stringContaining('a rule removes')],
    ['{"rules":[null]}', 'unknown', 'has a lifecycle policy that cannot be read'],
    ['{}', 'unknown', expect.any(String)],
    ['no JSON', 'unknown', expect.any(String)],
  ])('a lifecycle policy %s: %s', async (text, status, detail) => {
    ecr.repositories.push('acme/proc');
    ecr.policies.set('acme/proc', text);
    const results = await checkRepositories(['proc'], parseRegistry(`${REGISTRY}/acme`));
    expect(results.at(-1)).toMatchObject({ check: 'repository-lifecycle', status, detail });
  });

  it('is unknown where AWS denies it, and asks no other registry', async () => {
    ecr.repositories.push('acme/proc', 'acme/releases');
    ecr.denied.push('GetLifecyclePolicy');
    expect((await check()).filter((line) => line.startsWith('unknown'))).toHaveLength(2);
    expect(await checkRepositories(['proc'], parseRegistry('ghcr.io/acme'))).toEqual([]);
  });
});

it.each([
  ['MUTABLE', [], 'tags can be moved'],
  ['MUTABLE_WITH_EXCLUSION', ['c-*', 'v*'], 'tags can be moved but c-*, v*'],
  ['IMMUTABLE', [], 'immutable tags'],
] as const)('describes %s %j', (mutability, exclusions, text) => {
  expect(describeSettings({ mutability, exclusions: [...exclusions], scanOnPush: true })).toBe(`${text}, scanned on push`);
});
