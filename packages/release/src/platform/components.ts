import { generationRow, NEWEST_GENERATION, type Generation } from './generation';

/**
 * The components of a KDCube deployment, with the facts from the platform's own images and task definitions: image, port, the tool in the image
 * that can request its health path, and stop timeout in seconds. `python` images have no EXPOSE and no HEALTHCHECK.
 */
const COMPONENTS = {
  ingress: {
    image: 'kdcube-chat-ingress',
    port: 8010,
    tool: 'curl',
    stopTimeout: 60,
    cpu: 1024,
    memory: 2048,
    gateway: 'ingress',
  },
  proc: {
    image: 'kdcube-chat-proc',
    port: 8020,
    tool: 'curl',
    stopTimeout: 120,
    cpu: 1024,
    memory: 2048,
    gateway: 'proc',
  },
  metrics: {
    image: 'kdcube-metrics',
    port: 8090,
    tool: 'curl',
    stopTimeout: 30,
    cpu: 256,
    memory: 512,
    gateway: 'proc',
  },
  'postgres-setup': { image: 'kdcube-postgres-setup', tool: 'none', stopTimeout: 30, cpu: 256, memory: 512 },
  proxylogin: { image: 'proxylogin', port: 80, tool: 'curl', stopTimeout: 30, cpu: 256, memory: 512 },
  frontend: { image: 'kdcube-web-ui', port: 80, tool: 'curl', stopTimeout: 30, cpu: 256, memory: 512 },
  'web-proxy': {
    image: 'kdcube-web-proxy',
    port: 80,
    tool: 'wget',
    stopTimeout: 30,
    cpu: 256,
    memory: 512,
  },
  other: { tool: 'none', stopTimeout: 30, cpu: 256, memory: 512 },
} as const satisfies Record<string, ComponentFacts>;

export interface ComponentFacts {
  /** The name of the platform's image. */
  image?: string;
  port?: number;
  tool: HealthTool;
  /** Seconds. proc drains for up to 110. */
  stopTimeout: number;
  cpu: number;
  memory: number;
  /** Which part of the gateway's settings it reads. metrics would use that of ingress by default. */
  gateway?: 'ingress' | 'proc';
}

export type Component = keyof typeof COMPONENTS;
export type HealthTool = 'curl' | 'wget' | 'python' | 'none';

export const components = Object.keys(COMPONENTS) as [Component, ...Component[]];

export function factsOf(component: Component): ComponentFacts {
  return COMPONENTS[component];
}

/** The path that a container's health check of the component requests; undefined if it has none. */
export function healthPath(component: Component, generation: Generation = NEWEST_GENERATION): string | undefined {
  const { health } = generationRow(generation);
  return Object.hasOwn(health, component) ? health[component as keyof typeof health] : undefined;
}
