import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import { GENERATIONS } from '../platform/generation';
import type { Component } from '../platform/components';
import type { Environment, Service, ServiceImage, Target } from '../environment/environment';
import { fetchedSecretsFile } from '../environment/fetched-secrets';
import { valueFrom } from '../environment/secret-reference';
import { assemblyNote } from './assembly';
import type { PlannedFile } from './bundles';
import { bundleSettings, descriptorProblem } from './bundles';
import { renderGateway } from './gateway';
import { cloneRootSettings, gitModeFindings } from './git-mode';
import { fits, tooLarge } from './limits';
import type { EnvInput } from './env-input';
import type { Env } from './settings';
import { execSettings, gitSettings, metricsSettings, ownSettings } from './settings';

/** The rendered configuration of one service: its variables, its secrets by reference, and its files. */
export interface ServiceEnv {
  service: string;
  component: Component;
  target: Target;
  /** By digest. */
  image: string;
  env: Env;
  /** ECS: the `valueFrom`. compose: a file on the host. */
  secrets: Record<string, string>;
  files: PlannedFile[];
  /** Variables whose values are known only after an earlier step of the deploy. */
  pending: string[];
}

export interface EnvPlan {
  services: ServiceEnv[];
  notes: Problem[];
}

/** Renders the configuration of every service. It contains nothing volatile: the same release and environment give the same text. Throws all problems at once. */
export function renderEnv(input: EnvInput): EnvPlan {
  const { environment, release, descriptor } = input;
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  const wrongWay = descriptorProblem(environment, descriptor);
  if (wrongWay) problems.push(wrongWay);
  const cloning = gitModeFindings(input);
  problems.push(...cloning.problems);
  notes.push(...cloning.notes);
  const gateway = renderGateway(environment, release.generation);
  notes.push(...gateway.notes);
  const services = environment.services.map((service) => serviceEnv(service, input, gateway.text, { problems, notes }));
  if (problems.length > 0) throw new KdcubeError(problems);
  if (GENERATIONS[release.generation].descriptor === 'bundles-yaml')
    environment.services.forEach((service, index) => {
      const note = assemblyNote(service, services[index]!.env, input.assembly);
      if (note) notes.push(note);
    });
  return { services, notes };
}

function serviceEnv(
  service: Service,
  input: EnvInput,
  gateway: string,
  found: { problems: Problem[]; notes: Problem[] },
): ServiceEnv {
  const image = imageReference(service.image, input.images, found.problems);
  const secrets = secretsOf(service, input.environment);
  const render = (asFile: boolean) => {
    const { env: bundles, files } = filesAndBundles(service, input, asFile);
    return { env: inOrder({ ...derived(service, input, gateway, found.problems), ...bundles, ...service.env }), files };
  };
  let rendered = render(false);
  if (!fits(service, rendered.env, secrets) && rendered.env.AGENTIC_BUNDLES_JSON?.startsWith('{')) {
    rendered = render(true);
    const message = `The bundles do not fit into the environment of ${quoted(service.name)}: they are written to ${rendered.files[0]!.path}, and AGENTIC_BUNDLES_JSON has that path.`;
    found.notes.push({ code: 'env-in-file', message });
  }
  if (!fits(service, rendered.env, secrets)) found.problems.push(tooLarge(service, rendered.env, secrets));
  const waits = input.environment.exec?.fargate && input.execTaskDefinition === undefined && service.component === 'proc';
  return {
    service: service.name,
    component: service.component,
    target: service.target,
    image,
    env: rendered.env,
    secrets,
    files: rendered.files,
    pending: waits ? ['FARGATE_TASK_DEFINITION'] : [],
  };
}

/** The variables that follow from the environment's other keys and the release. Most of these names are refused in the file; the others (a port, a prefix) are only defaults here. */
function derived(
  service: Service,
  { environment, release, images, execTaskDefinition, force }: EnvInput,
  gateway: string,
  problems: Problem[],
): Env {
  const own = ownSettings(service, environment);
  const forced: Env = force ? { GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP: '1' } : {};
  switch (service.component) {
    case 'ingress':
      // ingress or proc, whichever starts first, seeds the registry: both must exclude the examples.
      return {
        ...own,
        ...forced,
        GATEWAY_CONFIG_JSON: gateway,
        BUNDLES_INCLUDE_EXAMPLES: environment.bundles.examples ? '1' : '0',
      };
    case 'proc': {
      const image = environment.exec ? imageReference(environment.exec.image, images, problems) : '';
      return {
        ...own,
        ...forced,
        GATEWAY_CONFIG_JSON: gateway,
        ...execSettings(environment, release.generation, image, execTaskDefinition),
        ...gitSettings(environment),
        ...(force && { BUNDLES_FORCE_ENV_ON_STARTUP: '1' }),
      };
    }
    case 'metrics':
      return { ...own, GATEWAY_CONFIG_JSON: gateway, ...metricsSettings(environment) };
    default:
      return own;
  }
}

/** The configuration of the proxy is mounted over the one in its image. */
function proxyFiles({ target }: Service, { proxy }: Environment): PlannedFile[] {
  if (!proxy?.rendered || target !== 'compose') return [];
  const { path, text } = proxy.rendered;
  return [{ path, content: text, writable: false, how: 'host' }];
}

/** Only proc has bundles, and only the proxy a configuration. */
function filesAndBundles(service: Service, input: EnvInput, asFile: boolean): { env: Env; files: PlannedFile[] } {
  if (service.component === 'web-proxy') return { env: {}, files: proxyFiles(service, input.environment) };
  if (service.component !== 'proc') return { env: {}, files: [] };
  const { env, files } = bundleSettings(input.environment, service, input.descriptor, asFile);
  return { env: { ...env, ...cloneRootSettings(input, service) }, files };
}

function secretsOf(service: Service, { ecs }: Environment): Record<string, string> {
  const { account = '', region = '' } = ecs;
  return Object.fromEntries(
    Object.entries(service.secrets).map(([name, reference]) => {
      if (reference.store === 'file') return [name, reference.path];
      return [name, service.target === 'compose' ? fetchedSecretsFile(service) : valueFrom(reference, { account, region })];
    }),
  );
}

function imageReference(image: ServiceImage, images: ReadonlyMap<string, string>, problems: Problem[]): string {
  if (image.kind === 'digest') return image.reference;
  const reference = images.get(image.name);
  if (reference?.includes('@sha256:')) return reference;
  const problem: Problem = {
    code: 'image-not-pushed',
    message: `${quoted(image.name)} has no digest: it was not pushed, or is not an image of this release.`,
    hint: `nx run ${image.name}:docker-push`,
  };
  if (!problems.some(({ message }) => message === problem.message)) problems.push(problem);
  return '';
}

function inOrder(env: Env): Env {
  return Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)));
}
