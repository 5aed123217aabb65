import * as fs from 'node:fs';
import * as path from 'node:path';
import { PROBLEMS } from '../../problem/codes';
import { accountMatches } from './account';
import { applyCheck, applyInOrder, type Check, findProblem } from './check';
import { clusterActive } from './cluster';
import { deployIdle, deployLock } from './concurrent';
import { hostArchitecture, hostClock, hostCompose, hostDisk, hostFolder, hostPort } from './host';
import { imageExists, imagePlatform } from './image';
import { CHECKS } from './index';
import { planBaseline, planLocation } from './plan';
import { serviceCircuitBreaker, serviceScaling, type ServiceFacts, UPDATE_CHECKS } from './service';
import { serviceDeployment, serviceStrategy } from './strategy';

const PLACE = { region: 'eu-central-1', cluster: 'acme' };
const SERVICE: ServiceFacts = { ...PLACE, exists: true, status: 'ACTIVE', controller: 'ECS' };
const LOCK = {
  environment: 'prod',
  until: '2026-03-02T10:30:00.000Z',
  tag: 'kdcube:deploy',
  service: 'proc',
  arn: 'arn:proc',
  region: PLACE.region,
};

describe('the list', () => {
  it('has every check of this folder, once', () => {
    const exported = fs
      .readdirSync(__dirname)
      .filter((file) => !/^(?:index|check)\.ts$|\.spec\.ts$/.test(file))
      .flatMap((file) => Object.values(jest.requireActual<Record<string, unknown>>(path.join(__dirname, file))))
      .filter((value) => typeof (value as Check<unknown>).decide === 'function');
    expect(CHECKS.length).toBe(exported.length);
    expect(new Set(CHECKS)).toEqual(new Set(exported));
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
  });

  it.each(CHECKS.map((check) => [check.name, check] as const))('%s says what, why, when and where from', (_, check) => {
    expect(check.name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
    expect(PROBLEMS).toHaveProperty([check.code]);
    for (const text of [check.title, check.why, check.source]) expect(text).not.toBe('');
    expect(check.why).toMatch(/\.$/);
    // A deploy refuses with a code of its own.
    expect(check.code === 'environment-not-ready').toBe(!check.when.includes('deploy'));
  });
});

/** What a deploy refuses, and what it accepts. */
const REFUSED: [string, unknown, string, unknown, string | undefined][] = [
  ['another account', accountMatches, '1', { actual: '2', region: 'r' }, 'wrong-account'],
  ['this account', accountMatches, '1', { actual: '1', region: 'r' }, undefined],
  ['another region', planLocation, 'prod', { planned: PLACE, actual: { ...PLACE, region: 'us-east-1' } }, 'wrong-account'],
  ['another cluster', planLocation, 'prod', { planned: PLACE, actual: { ...PLACE, cluster: 'other' } }, 'wrong-account'],
  ['this cluster', planLocation, 'prod', { planned: PLACE, actual: PLACE }, undefined],
  ['no cluster', clusterActive, 'acme', { status: undefined, region: 'r' }, 'cluster-missing'],
  ['a deleted cluster', clusterActive, 'acme', { status: 'INACTIVE', region: 'r' }, 'cluster-missing'],
  [
    'a daemon that the plan scales',
    serviceScaling,
    'web',
    { ...SERVICE, isDaemon: true, isScaled: true },
    'service-not-deployable',
  ],
  ['a daemon that the plan does not scale', serviceScaling, 'web', { ...SERVICE, isDaemon: true }, undefined],
  ['a service that the plan scales', serviceScaling, 'web', { ...SERVICE, isScaled: true }, undefined],
  ['a rolling service', serviceStrategy, 'web', { ...PLACE, strategy: 'ROLLING' }, undefined],
  ['a native strategy', serviceStrategy, 'web', { ...PLACE, strategy: 'LINEAR' }, undefined],
  ['a strategy of tomorrow', serviceStrategy, 'web', { ...PLACE, strategy: 'SHADOW' }, 'service-not-deployable'],
  [
    'early success criteria',
    serviceStrategy,
    'web',
    { ...PLACE, strategy: 'ROLLING', earlySuccess: 'healthyPercent 50, DEFERRED' },
    'service-not-deployable',
  ],
  ['a deployment with a native strategy', serviceDeployment, 'web', { strategy: 'LINEAR', open: 'it is paused' }, undefined],
  [
    'another revision',
    planBaseline,
    'web',
    { environment: 'prod', running: 'web:3', baseline: 'web:1', accepted: ['web:1'] },
    'plan-outdated',
  ],
  [
    'the revision of an interrupted run',
    planBaseline,
    'web',
    { environment: 'prod', running: 'web:2', baseline: 'web:1', accepted: ['web:1', 'web:2'] },
    undefined,
  ],
  ['a lock', deployLock, 'r1', { ...LOCK, isForeign: true }, 'deploy-in-progress'],
  ['no lock', deployLock, 'r1', { ...LOCK, isForeign: false }, undefined],
  [
    'a deployment in progress',
    deployIdle,
    'acme',
    { region: 'r', environment: 'prod', inStages: [], deployments: [{ service: 'web', id: 'ecs-svc/1' }] },
    'deploy-in-progress',
  ],
  [
    'no deployment in progress',
    deployIdle,
    'acme',
    { region: 'r', environment: 'prod', inStages: [], deployments: [] },
    undefined,
  ],
  ['a missing image', imageExists, 'web', { missing: { message: 'web does not exist.' } }, 'image-not-found'],
  ['a registry that cannot be asked', imageExists, 'web', { unreadable: { message: 'denied\nmore' } }, undefined],
  ['no compose', hostCompose, 'host', { version: undefined }, 'host-not-ready'],
  ['compose 2.24.3', hostCompose, 'host', { version: '2.24.3' }, 'host-not-ready'],
  ['compose 1.29.2', hostCompose, 'host', { version: '1.29.2' }, 'host-not-ready'],
  ['compose 2.24.4', hostCompose, 'host', { version: 'v2.24.4' }, undefined],
  ['compose 2.26.1 of Debian', hostCompose, 'host', { version: '2.26.1-4' }, undefined],
  ['compose 5', hostCompose, 'host', { version: '5.1.0' }, undefined],
  ['compose of tomorrow', hostCompose, 'host', { version: '6.0.0' }, undefined],
  ['another architecture', hostArchitecture, 'host', { actual: 'arm64', needed: ['amd64', 'arm64'] }, 'host-not-ready'],
  ['the same architecture', hostArchitecture, 'host', { actual: 'amd64', needed: ['amd64'] }, undefined],
  ['no folder', hostFolder, 'host', { folder: '/opt/kdcube', state: 'missing' }, 'host-not-ready'],
  ['a folder of another user', hostFolder, 'host', { folder: '/opt/kdcube', state: 'read-only' }, 'host-not-ready'],
  ['a folder of this user', hostFolder, 'host', { folder: '/opt/kdcube', state: 'writable' }, undefined],
  ['a full disk', hostDisk, 'host', { folder: '/var/lib/docker', freeBytes: 1e9, neededBytes: 2e9 }, 'host-not-ready'],
  ['a free disk', hostDisk, 'host', { folder: '/var/lib/docker', freeBytes: 3e9, neededBytes: 2e9 }, undefined],
  ['an unknown disk', hostDisk, 'host', { folder: '/var/lib/docker', freeBytes: undefined, neededBytes: 2e9 }, undefined],
  ['a clock behind', hostClock, 'host', { skewSeconds: -301 }, 'host-not-ready'],
  ['a clock ahead', hostClock, 'host', { skewSeconds: 4000 }, 'host-not-ready'],
  ['the right time', hostClock, 'host', { skewSeconds: 2.5 }, undefined],
  ['a port that is taken', hostPort, '80', { service: 'web-proxy', usedBy: 'the container nginx' }, 'host-not-ready'],
  ['a free port', hostPort, '80', { service: 'web-proxy', usedBy: undefined }, undefined],
  ['an image for another platform', imagePlatform, 'web', { actual: 'linux/arm64', expected: 'linux/amd64' }, 'image-not-found'],
];

it.each(REFUSED)('%s', (_, check, subject, facts, code) => {
  expect(findProblem([check as Check<unknown>], subject, facts)?.code).toBe(code);
});

describe('whether a service can be updated', () => {
  it.each([
    [
      { ...PLACE, exists: false },
      'service-missing',
      'does not exist in the cluster acme: a deployment updates services, it does not create them',
    ],
    [{ ...SERVICE, status: 'DRAINING' }, 'service-not-deployable', 'is DRAINING: it is being deleted, or was'],
    [
      { ...SERVICE, controller: 'CODE_DEPLOY' },
      'service-not-deployable',
      'has the deployment controller CODE_DEPLOY (CodeDeploy): only ECS (rolling update) is supported',
    ],
    [
      { ...SERVICE, controller: 'EXTERNAL' },
      'service-not-deployable',
      'has the deployment controller EXTERNAL (task sets): only ECS (rolling update) is supported',
    ],
  ])('%j: verify and a deploy agree', (facts, code, detail) => {
    expect(applyInOrder(UPDATE_CHECKS, 'web', facts)).toMatchObject({ status: 'fail', kind: 'service', subject: 'web', detail });
    expect(findProblem(UPDATE_CHECKS, 'web', facts)).toMatchObject({ code, message: `The service web ${detail}.` });
  });

  it('the last result of checks in order is the one that is shown', () => {
    expect(findProblem(UPDATE_CHECKS, 'web', SERVICE)).toBeUndefined();
    expect(applyInOrder([...UPDATE_CHECKS, serviceCircuitBreaker], 'web', { ...SERVICE, hasCircuitBreaker: true })).toEqual({
      check: 'service-circuit-breaker',
      kind: 'service',
      subject: 'web',
      status: 'pass',
      detail: 'exists',
    });
  });

  it('a check that cannot be decided is no problem', () => {
    expect(applyCheck(imageExists, 'web', { unreadable: { message: 'denied\nmore' } })).toMatchObject({
      status: 'unknown',
      detail: 'denied',
    });
  });
});
