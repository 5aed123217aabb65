import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { iamPolicy } from '@kdcube/release/internal';
import { prod } from '../../../release/testing/deploys';

/** Calls to services that packages/ecs-double does not model: there, their checks are `unknown`. The account of verify's specs (moto) answers them; tools/registry/ecr.mjs answers those of ECR. */
const NOT_MODELED = {
  ec2: ['DescribeSecurityGroups', 'DescribeSubnets'],
  ecr: [
    'BatchDeleteImage',
    'CreateRepository',
    'DescribeImages',
    'DescribeRepositories',
    'GetAuthorizationToken',
    'GetLifecyclePolicy',
  ],
  elasticfilesystem: ['DescribeMountTargetSecurityGroups'],
  iam: ['GetRole', 'SimulatePrincipalPolicy'],
  ssm: ['DescribeParameters', 'GetParameter'],
};

const SRC = path.join(__dirname, '..');
const ACTION = /'((?:Batch|Continue|Create|Delete|Describe|Get|List|Put|Run|Simulate|Stop|Update)[A-Z]\w+?)(?<!Result)'/g;

function sources(folder: string): string[] {
  return fs.readdirSync(path.join(SRC, folder), { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const isSource = name.endsWith('.ts') && !name.endsWith('.spec.ts');
    return isSource ? [fs.readFileSync(path.join(SRC, folder, name), 'utf8')] : [];
  });
}

function matches(texts: readonly string[], pattern: RegExp): string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!)))].sort();
}

async function operationsOfDouble(): Promise<Record<string, Record<string, unknown>>> {
  const file = path.join(SRC, '../../ecs-double/api/operations.mjs');
  return ((await import(pathToFileURL(file).href)) as { OPERATIONS: Record<string, Record<string, unknown>> }).OPERATIONS;
}

it('the stand-in knows every operation of ECS that the product uses', async () => {
  const used = matches(sources('.'), /\bsdk\.([A-Z]\w+)Command\b/g);
  expect(used).toContain('UpdateService');
  const { ecs } = await operationsOfDouble();
  expect(used.filter((name) => !(name in ecs!))).toEqual([]);
});

it('the stand-in knows every operation of other services, but for those that are listed here', async () => {
  const ecr = matches(sources('registry/credentials'), /\bnew ([A-Z]\w+)Command\b/g);
  const used = [...matches(sources('aws/api'), ACTION), ...ecr].sort();
  expect(used).toContain('DescribeLogGroups');
  const known = Object.values(await operationsOfDouble()).flatMap((operations) => Object.keys(operations));
  expect(used.filter((name) => !known.includes(name))).toEqual(Object.values(NOT_MODELED).flat().sort());
});

/** Commands that no job of a pipeline runs (`prune`, `images --create`), and what needs no permission. */
const NO_JOB = ['ecr:BatchDeleteImage', 'ecr:CreateRepository', 'ecr:DescribeImages', 'sts:GetCallerIdentity'];
/** How docker's protocol of a registry is authorized by ECR, and what ECS does in the name of its caller. */
const NO_CALL = [
  ...['BatchCheckLayerAvailability', 'BatchGetImage', 'GetDownloadUrlForLayer', 'ListImages'],
  ...['CompleteLayerUpload', 'InitiateLayerUpload', 'PutImage', 'UploadLayerPart', 'PassRole'],
];

it('the policies of a pipeline allow every operation that the product calls, and no other', () => {
  const secrets = { A: { store: 'ssm', name: 'a' } } as const;
  const onHost = prod.services.slice(0, 1).map((service) => ({ ...service, target: 'compose' as const, secrets }));
  const environment = {
    ...prod,
    bundles: { ...prod.bundles, descriptor: 'aws-sm' as const },
    services: [...prod.services, ...onHost],
  };
  const policy = iamPolicy('deploy', '123456789012.dkr.ecr.eu-central-1.amazonaws.com/a', environment);
  const allowed = new Set(policy.Statement.flatMap(({ Action }) => Action.map((action) => action.split(':')[1]!)));
  const called = [
    ...matches(sources('.'), /\bsdk\.([A-Z]\w+)Command\b/g),
    ...matches(sources('aws/api'), ACTION),
    ...matches(sources('registry/credentials'), /\bnew ([A-Z]\w+)Command\b/g),
    // Their names are put together.
    ...['DescribeFileSystems', 'DescribeMountTargets', 'DescribeAccessPoints'],
  ];
  const exempt = NO_JOB.map((action) => action.split(':')[1]!);
  expect(called.filter((name) => !allowed.has(name) && !exempt.includes(name))).toEqual([]);
  expect([...allowed].filter((name) => !called.includes(name) && !NO_CALL.includes(name))).toEqual([]);
});
