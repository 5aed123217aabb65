export interface EnvironmentWords {
  target: 'ecs' | 'compose';
  name: string;
  tenant?: string;
  project?: string;
  registry?: string;
  account?: string;
  region?: string;
  cluster?: string;
  /** The images of the release, by name. */
  images: readonly string[];
}

const quote = (text: string | undefined, placeholder: string) => JSON.stringify(text ?? `<${placeholder}>`);

/** A new environment: right as it is, but for the placeholders of what only its owner knows. */
export function environmentText(words: EnvironmentWords): string {
  const { target, name } = words;
  const proc = words.images.find((image) => image.includes('proc'));
  const exec = words.images.find((image) => image.includes('exec'));
  return [
    '# yaml-language-server: $schema=../node_modules/@kdcube/release/environment.schema.json',
    `# nx run release:env:${name} shows what every service is given; docs/environment-yaml.md has every key. A secret is named here, and never written.`,
    `target: ${target}`,
    `registry: ${quote(words.registry, 'REGISTRY')}`,
    `tenant: ${quote(words.tenant, 'TENANT')}`,
    `project: ${quote(words.project, 'PROJECT')}`,
    '',
    ...(target === 'ecs' ? onEcs(words) : [`compose: { project: ${JSON.stringify(`kdcube-${name}`)}, directory: /opt/kdcube }`]),
    '',
    'env:',
    '  shared:',
    '    POSTGRES_HOST: "<POSTGRES_HOST>"',
    '    POSTGRES_DATABASE: kdcube',
    '    POSTGRES_SSL: "True"',
    `    KDCUBE_STORAGE_PATH: ${target === 'ecs' ? '"s3://<BUCKET>/kdcube"' : '"file:///kdcube-storage"'}`,
    '',
    'secrets:',
    '  shared:',
    ...['POSTGRES_USER', 'POSTGRES_PASSWORD', 'REDIS_URL', 'OPENAI_API_KEY'].map(
      (secret) => `    ${secret}: ${JSON.stringify(reference(target, name, secret))}`,
    ),
    ...(exec === undefined
      ? []
      : [
          '',
          `exec: { runtime: ${target === 'ecs' ? 'fargate' : 'docker'}, image: ${exec}${target === 'ecs' ? '' : ', workspace: /opt/kdcube/exec-workspace'} }`,
        ]),
    '',
    '# An image of this release by its name; any other one by its digest.',
    'services:',
    service('postgres-setup', 'postgres-setup', platformImage('kdcube-postgres-setup', words.images)),
    service('chat-proc', 'proc', proc ?? platformImage('kdcube-chat-proc', words.images)),
    service('chat-ingress', 'ingress', platformImage('kdcube-chat-ingress', words.images)),
    service('metrics', 'metrics', platformImage('kdcube-metrics', words.images)),
    '',
  ].join('\n');
}

function onEcs({ account, region, cluster }: EnvironmentWords): string[] {
  return [
    'ecs:',
    `  account: ${quote(account, 'AWS_ACCOUNT')}`,
    `  region: ${quote(region, 'AWS_REGION')}`,
    `  cluster: ${quote(cluster, 'CLUSTER')}`,
    '  subnets: ["<SUBNET>"]',
    '  execution_role: ecsTaskExecutionRole',
  ];
}

function reference(target: 'ecs' | 'compose', name: string, secret: string): string {
  const word = secret.toLowerCase().replace(/_/g, '-');
  return target === 'ecs' ? `ssm:/kdcube/${name}/${word}` : `file:/opt/kdcube/secrets/${word}`;
}

/** What is built here goes by its name; the platform's own by a digest that its owner looks up. */
function platformImage(name: string, images: readonly string[]): string {
  return images.includes(name) ? name : `docker.io/kdcube/${name}@sha256:<DIGEST>`;
}

function service(name: string, component: string, image: string): string {
  return `  ${name}: { component: ${component}, image: ${JSON.stringify(image)} }`;
}
