/** The `config` object of an OCI image configuration: how a container is started. */
export interface ImageSettings {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
  ArgsEscaped?: boolean;
  Healthcheck?: Healthcheck;
  OnBuild?: string[];
  Shell?: string[];
}

/** Times in nanoseconds. */
export interface Healthcheck {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

/** The keys that builders inherit from a base, in their order; all others (legacy container fields) are dropped. */
const KEYS: readonly (keyof ImageSettings)[] = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
  'Healthcheck',
  'OnBuild',
  'Shell',
];

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The settings of `FROM scratch`. */
export const SCRATCH: ImageSettings = { Env: [PATH], WorkingDir: '/' };

/** The settings in canonical form: known keys, nothing empty, maps sorted by name, so that equal settings give equal bytes. */
export function printedSettings(settings: ImageSettings): ImageSettings {
  return Object.fromEntries(KEYS.flatMap((key) => (isEmpty(settings[key]) ? [] : [[key, sorted(key, settings[key])]])));
}

/** `ENV`: an existing variable keeps its position. */
export function withVariables(env: readonly string[], pairs: readonly [name: string, value: string][]): string[] {
  const lines = env.map((line): [string, string] => [line.split('=', 1)[0]!, line]);
  const positions = new Map(lines.map(([name], index) => [name, index]).reverse() as [string, number][]);
  for (const [name, value] of pairs) {
    const index = positions.get(name) ?? lines.length;
    positions.set(name, index);
    lines[index] = [name, `${name}=${value}`];
  }
  return lines.map(([, line]) => line);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function sorted(key: keyof ImageSettings, value: unknown): unknown {
  if (!['ExposedPorts', 'Volumes', 'Labels'].includes(key)) return value;
  return Object.fromEntries(Object.entries(value as object).sort(([one], [other]) => (one < other ? -1 : 1)));
}
