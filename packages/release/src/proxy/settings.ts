/** What an environment changes in the platform's configuration of the proxy. */
export interface ProxySettings {
  /** Upstream → `host:port`, where that is not what the platform's configuration says. */
  upstreams: Readonly<Record<string, string>>;
  /** What resolves the upstreams, and for how many seconds an address counts. */
  resolver: { address: string; valid: number };
  /** Whose header with the client's address is trusted. */
  realIp?: { from: readonly string[]; header: string };
  /** Where the control plane is mounted: `/platform`. */
  routePrefix?: string;
  domain?: string;
  /** Requests below it reach the services below `/api/`: `/chatbot/api`. */
  apiPrefix?: string;
}

export interface ProxyInput {
  /** The platform's configuration. */
  text: string;
  /** Its file, for Problems. */
  file: string;
  settings: ProxySettings;
}

/** An upstream of the configuration with the address that it names. */
export interface Upstream {
  name: string;
  /** `host:port` */
  address: string;
}

/** The variable with the address of an upstream. */
export function variableOf(upstream: string): string {
  return `kdcube_${upstream.replace(/\W/g, '_')}`;
}
