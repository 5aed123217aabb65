import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import type { Environment } from '../src/environment/environment';
import type { EnvironmentFiles } from '../src/environment/list';
import { mustReadEnvironment } from '../src/environment/read-environment';

export const ENVIRONMENT_FIXTURES = join(__dirname, '../fixtures/environments');
const DIGEST = `sha256:${'a1'.repeat(32)}`;

/** The platform's own sample gateways as `gateway:` has them: without tenant and project, which stand at the top. */
export function sampleGateway(file: 'gateway-config.example.seed.json' | 'gateway.head.yaml'): Record<string, unknown> {
  const read = parse(readFileSync(join(__dirname, '../fixtures/platform', file), 'utf8')) as Record<string, unknown>;
  const { tenant: _, project: __, ...gateway } = (read.gateway ?? read) as Record<string, unknown>;
  return gateway;
}

/** The images of the fixtures' releases, as docker-push would have named them. */
export const IMAGES: ReadonlyMap<string, string> = new Map(
  [
    'kdcube-chat-ingress',
    'kdcube-chat-proc-bundled',
    'kdcube-exec-bundled',
    'kdcube-metrics',
    'kdcube-postgres-setup',
    'kdcube-web-proxy',
    'kdcube-web-ui',
  ].map((name) => [name, `123456789012.dkr.ecr.eu-central-1.amazonaws.com/alps/${name}@${DIGEST}`] as const),
);

/** A folder of fixtures as the environments of a workspace. */
export function fixtureFiles(kind: string): EnvironmentFiles {
  const names = readdirSync(join(ENVIRONMENT_FIXTURES, kind)).filter((file) => file.endsWith('.yaml'));
  return {
    list: () => names,
    read: (path) => (names.includes(basename(path)) ? readFileSync(join(ENVIRONMENT_FIXTURES, kind, basename(path))) : undefined),
  };
}

/** Files in memory. */
export function textFiles(files: Record<string, string>): EnvironmentFiles {
  return {
    list: () => Object.keys(files).map((name) => `${name}.yaml`),
    read: (path) => files[basename(path, '.yaml')],
  };
}

/** A small environment that is right, with more lines. */
export function environmentText(more = '', target = 'ecs'): string {
  return `
target: ${target}
registry: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/alps
tenant: alps
project: lifts
ecs: { account: "123456789012", region: eu-central-1, cluster: alps, subnets: ["subnet-0a1b2c3d"] }
${more}
${more.includes('services:') ? '' : 'services:\n  chat-proc: { component: proc, image: kdcube-chat-proc-bundled }\n  chat-ingress: { component: ingress, image: kdcube-chat-ingress }\n  metrics: { component: metrics, image: kdcube-metrics }'}
`;
}

export function environmentOf(more = '', target = 'ecs'): Environment {
  return mustReadEnvironment('one', textFiles({ one: environmentText(more, target) })).environment;
}
