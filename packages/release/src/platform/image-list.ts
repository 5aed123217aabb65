/** An image that the platform publishes, and what it is for. */
export interface PublishedImageFacts {
  name: string;
  use: string;
  /** The first platform.ref with this image; undefined: the first release. */
  since?: string;
  /** Its Dockerfile, relative to the build context. */
  dockerfile: string;
  /** The build arguments that the Dockerfile has no default for. */
  args?: Readonly<Record<string, string>>;
}

/** The build context of the platform's Dockerfiles, in its repository. */
export const PLATFORM_CONTEXT = 'app/ai-app';

const OWN = 'deployment/docker/custom-ui-managed-infra';
/** The user interface and the secrets are only here. */
const ALL_IN_ONE = 'deployment/docker/all_in_one_kdcube';

/**
 * The images that the platform's release workflow publishes, each under one tag, `platform.ref`, sorted by name. Source: kdcube/kdcube-ai-app,
 * .github/workflows/release-kdcube-platform.yml (web-ui from 95de507d3, secrets from cdfc6ec6f). The Dockerfiles are those of the
 * platform's guide for CI (docs/service/cicd).
 */
export const PLATFORM_IMAGES: readonly PublishedImageFacts[] = [
  { name: 'kdcube-chat-ingress', use: 'ingress', dockerfile: `${OWN}/Dockerfile_Ingress` },
  { name: 'kdcube-chat-proc', use: 'proc; the base of `kdcube-chat-proc-bundled`', dockerfile: `${OWN}/Dockerfile_Chatproc` },
  { name: 'kdcube-metrics', use: 'metrics', dockerfile: `${OWN}/Dockerfile_Metricservice` },
  { name: 'kdcube-postgres-setup', use: 'postgres-setup', dockerfile: `${OWN}/Dockerfile_PostgresSetup` },
  {
    name: 'kdcube-secrets',
    use: 'the secrets of a compose host',
    since: '2026.3.8.351',
    dockerfile: `${ALL_IN_ONE}/Dockerfile_Secrets`,
  },
  {
    name: 'kdcube-web-proxy',
    use: 'web-proxy',
    dockerfile: `${OWN}/Dockerfile_ProxyOpenResty`,
    args: { NGINX_CONFIG_FILE_PATH: `${OWN}/nginx/conf/nginx_proxy.conf` },
  },
  {
    name: 'kdcube-web-ui',
    use: 'frontend',
    since: '2026.3.4.1716',
    dockerfile: `${ALL_IN_ONE}/Dockerfile_UI`,
    args: { UI_SOURCE_PATH: 'ui/chat-web-app', NGINX_UI_CONFIG_FILE_PATH: `${ALL_IN_ONE}/nginx/conf/nginx_ui.conf` },
  },
  { name: 'proxylogin', use: 'proxylogin', dockerfile: `${OWN}/Dockerfile_ProxyLogin` },
  { name: 'py-code-exec', use: 'exec; the base of `kdcube-exec-bundled`', dockerfile: `${OWN}/Dockerfile_Exec` },
];
