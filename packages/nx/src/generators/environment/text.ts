export interface EnvironmentValues {
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
  /** The image with the customer's own frontend, to which each environment gives its config.json. */
  frontend?: string;
}

const quote = (text: string | undefined, placeholder: string) => JSON.stringify(text ?? `<${placeholder}>`);

/** The text of a new environment: valid, except for placeholders of values that only its owner knows. */
export function environmentText(values: EnvironmentValues): string {
  const { target, name } = values;
  const proc = values.images.find((image) => image.includes('proc'));
  const exec = values.images.find((image) => image.includes('exec'));
  return [
    '# yaml-language-server: $schema=../node_modules/@kdcube/nx/dist/environment.schema.json',
    `# nx run release:env:${name} shows the configuration of every service; docs/environment-yaml.md lists every key. Write only references to secrets here, never their values.`,
    `target: ${target}`,
    `registry: ${quote(values.registry, 'REGISTRY')}`,
    `tenant: ${quote(values.tenant, 'TENANT')}`,
    `project: ${quote(values.project, 'PROJECT')}`,
    '',
    ...(target === 'ecs' ? onEcs(values) : [`compose: { project: ${JSON.stringify(`kdcube-${name}`)}, directory: /opt/kdcube }`]),
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
    ...(values.frontend === undefined
      ? []
      : [
          '',
          '# config.json of the web interface; tenant and project are added (docs/frontend.md). The prefix is /platform, and /chatbot before 2026.08.15.310.',
          'frontend: { config: { auth: { authType: "<AUTH_TYPE>" }, routesPrefix: "<ROUTES_PREFIX>" } }',
        ]),
    '',
    '# An image of this release by its name, any other image by its digest.',
    'services:',
    service('postgres-setup', 'postgres-setup', platformImage('kdcube-postgres-setup', values.images)),
    service('chat-proc', 'proc', proc ?? platformImage('kdcube-chat-proc', values.images)),
    service('chat-ingress', 'ingress', platformImage('kdcube-chat-ingress', values.images)),
    service('metrics', 'metrics', platformImage('kdcube-metrics', values.images)),
    ...(values.frontend === undefined ? [] : [service('web-ui', 'frontend', values.frontend)]),
    '',
  ].join('\n');
}

function onEcs({ account, region, cluster }: EnvironmentValues): string[] {
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
  const path = secret.toLowerCase().replace(/_/g, '-');
  return target === 'ecs' ? `ssm:/kdcube/${name}/${path}` : `file:/opt/kdcube/secrets/${path}`;
}

/** An image of this workspace by its name, an image of the platform by a digest. */
function platformImage(name: string, images: readonly string[]): string {
  return images.includes(name) ? name : `docker.io/kdcube/${name}@sha256:<DIGEST>`;
}

function service(name: string, component: string, image: string): string {
  return `  ${name}: { component: ${component}, image: ${JSON.stringify(image)} }`;
}
