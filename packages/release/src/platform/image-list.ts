/** An image that the platform publishes, and what it is for. */
export interface PublishedImageFacts {
  name: string;
  use: string;
  /** The first platform.ref with this image; undefined: the first release. */
  since?: string;
}

/**
 * The images that the platform's release workflow publishes, each under one tag, `platform.ref`, sorted by name. Source: kdcube/kdcube-ai-app,
 * .github/workflows/release-kdcube-platform.yml (web-ui from 95de507d3, secrets from cdfc6ec6f).
 */
export const PLATFORM_IMAGES: readonly PublishedImageFacts[] = [
  { name: 'kdcube-chat-ingress', use: 'ingress' },
  { name: 'kdcube-chat-proc', use: 'proc; the base of `kdcube-chat-proc-bundled`' },
  { name: 'kdcube-metrics', use: 'metrics' },
  { name: 'kdcube-postgres-setup', use: 'postgres-setup' },
  { name: 'kdcube-secrets', use: 'the secrets of a compose host', since: '2026.3.8.351' },
  { name: 'kdcube-web-proxy', use: 'web-proxy' },
  { name: 'kdcube-web-ui', use: 'frontend', since: '2026.3.4.1716' },
  { name: 'proxylogin', use: 'proxylogin' },
  { name: 'py-code-exec', use: 'exec; the base of `kdcube-exec-bundled`' },
];
