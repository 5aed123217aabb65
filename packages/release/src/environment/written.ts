import { NotSecret } from '../document/not-secret';
import * as z from 'zod';
import { components } from '../platform/components';
import { WrittenGateway } from './written-gateway';

/**
 * The format of environments/<name>.yaml. environment.schema.json (for editors) and docs/environment-yaml.md are generated from these
 * descriptions. As with release.yaml, the schemas define shapes, not messages.
 */
const text = () => z.string().min(1);
const count = (least: number) => z.int().min(least);

const TARGETS = ['ecs', 'compose'] as const;

const env = (whose: string) =>
  z.record(z.string(), z.string()).optional().describe(`Environment variables of ${whose}, by name.`);
const secrets = (whose: string) =>
  z.record(z.string(), z.string()).optional().describe(`Secrets of ${whose}: variable → reference, never a value.`);

/** `shared`, then one mapping for each component. */
function perComponent(of: (whose: string) => z.ZodType, description: string) {
  const each = components.filter((name) => name !== 'other').map((name) => [name, of(name)] as const);
  return z
    .strictObject({ shared: of('every component that reads them'), ...Object.fromEntries(each) })
    .optional()
    .describe(description);
}

const health = z
  .strictObject({
    path: text()
      .optional()
      .describe('What is asked of the container itself. Default: what the component answers, such as `/health`.'),
    tool: z
      .enum(['curl', 'wget', 'python', 'none'])
      .optional()
      .describe('The tool of the image that asks; it must be in the image. `none`: no container health check.'),
    interval: count(5).max(300).optional().describe('Seconds between checks, 5 to 300. Default: 30.'),
    timeout: count(2).max(60).optional().describe('Seconds, 2 to 60. Default: 10.'),
    retries: count(1).max(10).optional().describe('1 to 10. Default: 3.'),
    start_period: count(0).max(300).optional().describe('Seconds in which failures do not count, 0 to 300. Default: 30.'),
  })
  .optional()
  .describe('How the container is asked whether it is well.');

const mount = z
  .strictObject({
    efs: text().optional().describe('An EFS file system: `fs-…`.'),
    access_point: text().optional().describe('Its access point: `fsap-…`.'),
    root: text().optional().describe('The folder of the file system. Default: `/`.'),
    host: text().optional().describe('An absolute folder or file of the host.'),
    read_only: z.boolean().optional().describe('Default: false.'),
  })
  .describe('What is mounted there: either `efs` or `host`.');

const roles = {
  execution_role: text()
    .optional()
    .describe('The role that pulls the image, reads the secrets and writes the log: an ARN or a name.'),
  task_role: text().optional().describe('The role that the program itself has: an ARN or a name.'),
};

export const WrittenService = z
  .strictObject({
    component: z
      .enum(components)
      .describe('Which part of the platform it is: it decides the port, the health check and the environment.'),
    image: text().describe(
      'The name of an image of the release, such as `kdcube-chat-proc-bundled`, or any other image by digest: `…@sha256:…`.',
    ),
    target: z.enum(TARGETS).optional().describe('Where this service runs, where that is not where the others do.'),
    count: count(0)
      .optional()
      .describe(
        'How many replicas. Default: as many as run now, so that a service that scales by itself keeps its number; 1 where none runs.',
      ),
    cpu: count(1).optional().describe('CPU units, 1024 for one. Default: by component.'),
    memory: count(1).optional().describe('MiB. Default: by component.'),
    architecture: z.enum(['amd64', 'arm64']).optional().describe('Default: amd64.'),
    port: count(1).max(65535).optional().describe('The port in the container. Default: by component.'),
    health,
    stop_timeout: count(0)
      .max(120)
      .optional()
      .describe('Seconds between the polite stop and the end, at most 120. Default: by component.'),
    ...roles,
    log_group: text().optional().describe('Default: `/ecs/<family>`.'),
    service_name: text().optional().describe('The name of the ECS or compose service. Default: the key.'),
    family: text().optional().describe('The family of the task definition. Default: `kdcube-<key>`.'),
    container: text().optional().describe('The name of the container. Default: the key.'),
    task_definition: text()
      .optional()
      .describe(
        '`environment` (the default): made from this file. `running`: what runs, with image and environment set. Else the path of your own JSON.',
      ),
    mounts: z.record(z.string(), mount).optional().describe('Folders of the container, by their absolute path.'),
    env: env('this service'),
    secrets: secrets('this service'),
  })
  .describe('One service.');

const fargate = z
  .strictObject({
    cluster: text().optional().describe('Default: `ecs.cluster`.'),
    subnets: z.array(text()).optional().describe('Default: `ecs.subnets`.'),
    security_groups: z.array(text()).optional().describe('Default: `ecs.security_groups`.'),
    assign_public_ip: z.boolean().optional().describe('Default: false.'),
    platform_version: text().optional().describe('Default: what ECS takes for LATEST.'),
    family: text().optional().describe('The family of the exec task definition. Default: `kdcube-exec`.'),
    container: text().optional().describe('The name of its container. Default: `exec`.'),
    cpu: count(1).optional().describe('CPU units. Default: 1024.'),
    memory: count(1).optional().describe('MiB. Default: 2048.'),
    architecture: z.enum(['amd64', 'arm64']).optional().describe('Default: amd64.'),
    log_group: text().optional().describe('Default: `/ecs/<family>`.'),
    ...roles,
  })
  .optional()
  .describe('The task that runs code where `runtime` is `fargate`.');

/** The schema of environments/*.yaml, and its type. environment.schema.json is generated from it. */
export const WrittenEnvironment = z
  .strictObject({
    extends: text().optional().describe('Another environment whose keys hold here where this file does not say them. One level.'),
    abstract: z
      .boolean()
      .optional()
      .describe('Only to be extended: it need not be complete, and nothing is deployed to it. Default: false.'),
    description: z.string().optional().describe('For people.'),
    target: z.enum(TARGETS).describe('Where the services run: on ECS, or with docker compose on a host.'),
    registry: text()
      .optional()
      .describe('The registry of the release’s images: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme`.'),
    signatures: z
      .strictObject({
        required: z
          .boolean()
          .optional()
          .describe(
            'Whether `verify`, `plan`, `env` and the deploy refuse an image of the release that no trusted key has signed. Default: false.',
          ),
        keys: z
          .array(text())
          .optional()
          .describe(
            'Files of the workspace with the public keys that are trusted, in PEM format. Default: `signatureKeys` of the plugin’s options in nx.json.',
          ),
      })
      .optional()
      .describe('Whose signatures of images count here.'),
    tenant: text().describe('The tenant, in every place that needs it.'),
    project: text().describe('The project, in every place that needs it.'),
    vars: z
      .record(z.string(), z.string())
      .optional()
      .describe('Words for `${name}` in the other values of this file. Nothing else is replaced; `$${` is a plain `${`.'),
    ecs: z
      .strictObject({
        account: text().optional().describe('The AWS account, 12 digits.'),
        region: text().optional().describe('The AWS region.'),
        cluster: text().optional().describe('The cluster’s name.'),
        subnets: z.array(text()).optional().describe('Where tasks are started that are no service: postgres-setup, exec.'),
        security_groups: z.array(text()).optional().describe('Their security groups.'),
        ...roles,
      })
      .optional()
      .describe('Where on AWS. The roles are what services have that name none.'),
    compose: z
      .strictObject({
        project: text().optional().describe('The compose project’s name.'),
        directory: text().optional().describe('The folder on the host that holds compose file and env files.'),
        file: text().optional().describe('Default: `docker-compose.yaml`.'),
        host: text()
          .optional()
          .describe(
            'The host, as the system’s ssh reaches it: `ssh://user@host:22`, or `ssh://name` with a name of your ssh configuration. Default: this machine.',
          ),
        keep: count(1)
          .max(50)
          .optional()
          .describe('How many releases stay on the host, with their images, for a rollback: 1 to 50. Default: 5.'),
      })
      .optional()
      .describe('Where on the host.'),
    gateway: WrittenGateway.optional(),
    bundles: z
      .strictObject({
        mode: z
          .enum(['baked', 'git'])
          .optional()
          .describe(
            '`baked` (the default): in the images. `git`: the platform clones them, and runs without the images that have them.',
          ),
        descriptor: z
          .enum(['env', 'file', 'aws-sm'])
          .optional()
          .describe(
            'How proc is told: in its environment, by a file, or (platforms since 2026-04-19) from Secrets Manager. Default: what the platform reads.',
          ),
        reload: z
          .boolean()
          .optional()
          .describe(
            'With `descriptor: aws-sm`: the deploy has the running tasks of proc load a changed descriptor, without a restart. `false`: a person does that in the platform’s Bundle Admin. Default: true.',
          ),
        examples: z
          .boolean()
          .optional()
          .describe('Whether the platform adds its own examples, in ingress and proc. Default: false.'),
        always_pull: z
          .boolean()
          .optional()
          .describe('In git mode: fetch at every resolution, so that a ref may be a branch. Default: false.'),
        git: z
          .strictObject({
            repo: text()
              .optional()
              .describe(
                'Where workspace bundles are cloned from. Default: the remote of this repository, which another clone may name in another way.',
              ),
            ssh_key: text().optional().describe('The private key in the container.'),
            known_hosts: text().optional().describe('The known_hosts file in the container.'),
            keep: count(1).optional().describe('Clones to keep. Default: 3.'),
            shallow: z
              .boolean()
              .optional()
              .describe('Clone 50 commits of the default branch only: the pinned commits must be on that branch.'),
          })
          .optional()
          .describe('How the platform clones, in git mode.'),
      })
      .optional()
      .describe('How bundles reach the platform.'),
    readiness: z
      .strictObject({
        url: text()
          .optional()
          .describe(
            'On ECS, where proc answers: `https://<host>/admin/integrations/applications/readiness` through web-proxy, or `http://<host>/monitoring/applications` of proc itself. On a host, proc is asked in its container, without a URL.',
          ),
        headers: z
          .record(z.string(), z.string())
          .optional()
          .describe(
            'Header → the environment variable of the deploy that holds its whole value, such as `Bearer …`. Never the value.',
          ),
        wait: z
          .enum(['all', 'required'])
          .optional()
          .describe(
            '`all` (the default): every bundle of the release must be ready. `required`: only bundles whose descriptor says `service.readiness: required`.',
          ),
      })
      .optional()
      .describe('How a deploy asks whether the bundles are ready (platforms since 2026-08-18).'),
    proxy: z
      .strictObject({
        config: text()
          .optional()
          .describe(
            'The copy of the platform’s configuration in the workspace, which `nx g @kdcube/nx:image kdcube-web-proxy` writes. Default: `images/kdcube-web-proxy/nginx_proxy.conf`.',
          ),
        upstreams: z
          .record(z.string(), z.string())
          .optional()
          .describe('Upstream → `host:port`, where that differs from the platform’s configuration.'),
        resolver: z
          .strictObject({
            address: text().optional().describe('The DNS server. Default: docker’s own, 127.0.0.11.'),
            valid: count(1).max(300).optional().describe('For how many seconds an address counts, 1 to 300. Default: 5.'),
          })
          .optional()
          .describe('What resolves the upstreams, again and again.'),
        real_ip: z
          .strictObject({
            from: z.array(text()).min(1).describe('The networks of the load balancers in front, such as `10.0.0.0/16`.'),
            header: text().optional().describe('Default: X-Forwarded-For.'),
          })
          .optional()
          .describe(
            'Whose header with the client’s address is trusted. Without it, clients behind a load balancer share one rate limit.',
          ),
        route_prefix: text()
          .optional()
          .describe('Where the control plane is mounted, such as `/platform`: the same as in config.json and assembly.yaml.'),
        domain: text().optional().describe('The name of the site, where the platform’s configuration leaves it open.'),
        api_prefix: text()
          .optional()
          .describe(
            'Requests below this path reach the services below `/api/`: for a load balancer that sends `/chatbot/api/*`.',
          ),
      })
      .optional()
      .describe(
        'The configuration of web-proxy: the platform’s own with these changes. Its upstreams are resolved again after a replacement.',
      ),
    frontend: z
      .strictObject({
        config: z
          .record(z.string(), z.unknown())
          .describe(
            'What else config.json has: `auth`, and settings of your own frontend. `tenant` and `project` are those of the environment, and `routesPrefix` is `proxy.route_prefix`, if that is set. Every visitor can read it.',
          ),
      })
      .optional()
      .describe(
        'config.json of the web interface, which becomes FRONTEND_CONFIG_JSON of the services with the component frontend.',
      ),
    exec: z
      .strictObject({
        runtime: z.enum(['docker', 'fargate']).describe('What runs code: docker beside proc, or a Fargate task.'),
        image: text().describe(
          'The image that code runs in: a name of the release, such as `kdcube-exec-bundled`, or another one by digest.',
        ),
        timeout: count(1).optional().describe('Seconds. Default: 600.'),
        network: text().optional().describe('The network of docker’s containers. Default: host.'),
        workspace: text().optional().describe('The absolute folder of the host that proc and docker’s containers share.'),
        fargate,
      })
      .optional()
      .describe('Where bundles run code.'),
    metrics: z
      .strictObject({
        mode: z.enum(['redis', 'proxy']).optional().describe('Default: redis.'),
        scheduler: z.boolean().optional().describe('Whether metrics are exported at all. Default: where an export is named.'),
        interval: count(1).optional().describe('Seconds. Default: 30.'),
        cloudwatch: z
          .strictObject({
            namespace: text().optional().describe('Default: KDCube/Metrics.'),
            region: text().optional().describe('Default: `ecs.region`.'),
            dimensions: z.record(z.string(), z.string()).optional().describe('Beside tenant and project.'),
          })
          .optional()
          .describe('Export to CloudWatch.'),
        prometheus: z
          .strictObject({
            pushgateway: text().describe('The gateway’s URL.'),
            job: text().optional().describe('Default: kdcube_metrics.'),
            labels: z.record(z.string(), z.string()).optional().describe('Beside tenant and project.'),
          })
          .optional()
          .describe('Export to a Prometheus push gateway.'),
      })
      .optional()
      .describe('What the metrics component exports.'),
    env: perComponent(env, 'Environment variables. `shared` ones go to the components that read them.'),
    secrets: perComponent(
      secrets,
      'Secrets, by reference: `ssm:/name`, `secretsmanager:name`, `secretsmanager:name#json-key`, an ARN, or for compose `file:/path`.',
    ),
    not_secret: NotSecret.optional().describe(
      'Names of variables whose values look like secrets and are none: as a list, or with a reason each as a mapping.',
    ),
    services: z.record(z.string(), WrittenService).describe('What runs, by name.'),
  })
  .describe('An environment: where a release runs, and with what.');

export type WrittenService = z.infer<typeof WrittenService>;
export type WrittenEnvironment = z.infer<typeof WrittenEnvironment>;
