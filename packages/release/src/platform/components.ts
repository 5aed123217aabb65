/**
 * The components of a KDCube deployment, with the facts from the platform's own images and task definitions: image, port, health check path,
 * the tool in the image that can request it, and stop timeout in seconds. `python` images have no EXPOSE and no HEALTHCHECK.
 */
const COMPONENTS = {
  ingress: {
    image: 'kdcube-chat-ingress',
    port: 8010,
    health: '/health',
    tool: 'curl',
    stopTimeout: 60,
    cpu: 1024,
    memory: 2048,
    gateway: 'ingress',
  },
  proc: {
    image: 'kdcube-chat-proc',
    port: 8020,
    health: '/health',
    tool: 'curl',
    stopTimeout: 120,
    cpu: 1024,
    memory: 2048,
    gateway: 'proc',
  },
  metrics: {
    image: 'kdcube-metrics',
    port: 8090,
    health: '/health',
    tool: 'curl',
    stopTimeout: 30,
    cpu: 256,
    memory: 512,
    gateway: 'proc',
  },
  'postgres-setup': { image: 'kdcube-postgres-setup', tool: 'none', stopTimeout: 30, cpu: 256, memory: 512 },
  proxylogin: { image: 'proxylogin', port: 80, health: '/v1/health', tool: 'curl', stopTimeout: 30, cpu: 256, memory: 512 },
  frontend: { image: 'kdcube-web-ui', port: 80, health: '/', tool: 'curl', stopTimeout: 30, cpu: 256, memory: 512 },
  'web-proxy': {
    image: 'kdcube-web-proxy',
    port: 80,
    health: '/chatbot/chat',
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
  health?: string;
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
