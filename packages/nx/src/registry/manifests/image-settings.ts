/** JSON with `null` read as Go reads it, which builders and engines are written in: as if the key were absent. Items of lists stay. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMapping(value)) return value;
  return mapped(value, (item) => (item === null ? undefined : withoutNulls(item)));
}

type Kind = 'text' | 'texts' | 'map' | 'names' | 'flag' | 'healthcheck';

/** The settings of an image that builders inherit, and the type of each. Others are not read. */
const KINDS: Record<string, Kind> = {
  User: 'text',
  ExposedPorts: 'names',
  Env: 'texts',
  Entrypoint: 'texts',
  Cmd: 'texts',
  Volumes: 'names',
  WorkingDir: 'text',
  Labels: 'map',
  StopSignal: 'text',
  ArgsEscaped: 'flag',
  Healthcheck: 'healthcheck',
  OnBuild: 'texts',
  Shell: 'texts',
};

/** The `config` of an image without its nulls. `wrong`: the keys whose values have another type than they should. */
export function readSettings(config: Record<string, unknown>): { settings: Record<string, unknown>; wrong: string[] } {
  const settings = mapped(config, (value, key) => {
    if (value === null) return undefined;
    const kind = Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
    // A name in a set is there, whatever it is mapped to; a null text is an empty one.
    if (kind === 'names' && isMapping(value)) return mapped(value, (item) => item ?? {});
    if (kind === 'map' && isMapping(value)) return mapped(value, (item) => item ?? '');
    if (kind === 'texts' && Array.isArray(value)) return value.map((item: unknown) => item ?? '');
    return withoutNulls(value);
  });
  const wrong = Object.keys(settings).filter((key) => Object.hasOwn(KINDS, key) && !fits(KINDS[key]!, settings[key]));
  return { settings, wrong };
}

function fits(kind: Kind, value: unknown): boolean {
  if (kind === 'text') return typeof value === 'string';
  if (kind === 'flag') return typeof value === 'boolean';
  if (kind === 'texts') return isTexts(value);
  if (!isMapping(value)) return false;
  if (kind === 'map') return Object.values(value).every((item) => typeof item === 'string');
  if (kind === 'healthcheck') return value.Test === undefined || isTexts(value.Test);
  return true;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** `undefined` drops the key. Entries, so that a key named `__proto__` is a key. */
function mapped(value: Record<string, unknown>, to: (item: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const made = to(item, key);
      return made === undefined ? [] : [[key, made]];
    }),
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
