import { LAST_KNOWN_REF } from './last-known-ref';

export type DescriptorKind = 'env-json' | 'bundles-yaml';

export interface GenerationRow {
  /** The first published ref, where that is not the first of its day. */
  since?: string;
  descriptor: DescriptorKind;
  /** When the ids of the examples are reserved. */
  examplesReserved: 'never' | 'always' | 'with-examples';
  /** The key of a bundle's settings in the descriptor; undefined if the platform reads none. */
  config: 'props' | 'config' | undefined;
  /** `platform.ref` is a calendar version. */
  calendarRefs: boolean;
  /** The ids of the examples in the images of the platform. */
  examples: readonly string[];
  /** Where a component answers that its process lives: what a container’s health check and a target group ask. */
  health: Readonly<Record<'ingress' | 'proc' | 'metrics' | 'proxylogin' | 'frontend' | 'web-proxy', string>>;
  /** proc says which bundles are ready (`GET /monitoring/applications`); a live proc proves nothing about them. */
  bundleReadiness: boolean;
  /** The platform can have a bundle do the login (`AUTH_PROVIDER: session`): from 2026.6.11.415. Its sessions are signed with a secret. */
  bundleLogin: boolean;
  /** A bundle can have packages installed for a function (`@venv`): since 2026-04-10 (1ae0b28c0). */
  venvs: boolean;
  /** The descriptors in the configuration folder that the platform itself changes. */
  editsDescriptors: readonly string[];
}

const EARLY_HEALTH = {
  ingress: '/health',
  proc: '/health',
  metrics: '/health',
  proxylogin: '/v1/health',
  frontend: '/',
  'web-proxy': '/chatbot/chat',
};

const EXAMPLES_2026_4 = [
  'connection-hub@1-0',
  'echo.ui@2026-03-30',
  'eco@2026-02-18-15-06',
  'kdcube-services@1-0',
  'kdcube.copilot@2026-04-03-19-05',
  'node.bridge.mcp@2026-04-24',
  'openrouter-data@2026-03-11',
  'ported-langgraph-agents@2026-07-13',
  'react.mcp@2026-03-09',
  'react@2026-02-10-02-44',
  'user-memories@2026-06-26',
  'versatile@2026-03-31-13-36',
  'website@2026-07-12',
  'with-isoruntime@2026-02-16-14-00',
  'workspace@2026-03-31-13-36',
];

const SINCE_2026_4 = {
  descriptor: 'bundles-yaml',
  examplesReserved: 'with-examples',
  config: 'config',
  calendarRefs: true,
  examples: EXAMPLES_2026_4,
  health: EARLY_HEALTH,
  bundleReadiness: false,
  bundleLogin: true,
  venvs: true,
  editsDescriptors: ['bundles.yaml'],
} as const;

const SINCE_2026_8 = { ...SINCE_2026_4, editsDescriptors: ['bundles.yaml', 'economics.yaml'] } as const;

/**
 * What the platform expects, as it changed. A generation is named by the day of the change; platform.ref is compared with that, or with `since`, number by number.
 * Each row was taken from the platform's own files at a commit of that time: kdcube/kdcube-ai-app and, since July 2026, kdcube/kdcube.
 */
export const GENERATIONS = {
  /** The seed: AGENTIC_BUNDLES_JSON, only the admin's id is reserved, no props. */
  '2026.3.1': {
    descriptor: 'env-json',
    examplesReserved: 'never',
    config: undefined,
    calendarRefs: false,
    examples: ['eco@2026-02-18-15-06', 'react@2026-02-10-02-44', 'with-isoruntime@2026-02-16-14-00'],
    health: EARLY_HEALTH,
    bundleReadiness: false,
    bundleLogin: false,
    venvs: false,
    editsDescriptors: [],
  },
  /** The ids of the built-in examples are refused, whatever BUNDLES_INCLUDE_EXAMPLES says; `props` exists; platform.ref is PEP 440. */
  '2026.3.3': {
    descriptor: 'env-json',
    examplesReserved: 'always',
    config: 'props',
    calendarRefs: true,
    examples: [
      'echo.ui@2026-03-30',
      'eco@2026-02-18-15-06',
      'kdcube.copilot@2026-04-03-19-05',
      'openrouter-data@2026-03-11',
      'react.doc@2026-03-02-22-10',
      'react.mcp@2026-03-09',
      'react@2026-02-10-02-44',
      'versatile@2026-03-31-13-36',
      'with-isoruntime@2026-02-16-14-00',
    ],
    health: EARLY_HEALTH,
    bundleReadiness: false,
    bundleLogin: false,
    venvs: false,
    editsDescriptors: [],
  },
  /** bundles.yaml is read instead of AGENTIC_BUNDLES_JSON; if examples are enabled, an example's id keeps the built-in entry. */
  '2026.4.19': SINCE_2026_4,
  /** web-proxy answers `/health` itself, and has no `/chatbot/chat` any more (97bd50cdb; first published as 2026.08.15.310). */
  '2026.8.12': { ...SINCE_2026_8, health: { ...EARLY_HEALTH, 'web-proxy': '/health' } },
  /**
   * proc has `/health/live`, and `/health` answers 503 while a required bundle prepares (579310acb, of 18:25 that day). 2026.08.18.242 was published before it: there
   * `/health/live` is a 404.
   */
  '2026.8.18': {
    ...SINCE_2026_8,
    since: '2026.8.18.243',
    health: { ...EARLY_HEALTH, proc: '/health/live', 'web-proxy': '/health' },
    bundleReadiness: true,
  },
} as const satisfies Record<string, GenerationRow>;

export type Generation = keyof typeof GENERATIONS;

export const generations = Object.keys(GENERATIONS) as [Generation, ...Generation[]];

/** What a platform is taken for whose version is not known. */
export const NEWEST_GENERATION = generations.at(-1)!;

export function generationRow(generation: Generation): GenerationRow {
  return GENERATIONS[generation];
}

/** Why the platform reserves this id; undefined if it does not. `examples`: BUNDLES_INCLUDE_EXAMPLES of the deployment. */
export function reservedBecause(id: string, generation: Generation, examples: boolean): string | undefined {
  if (id === 'kdcube.admin') return 'it is the id of the platform’s own admin bundle';
  const { examples: ids, examplesReserved } = generationRow(generation);
  if (!ids.includes(id)) return undefined;
  if (examplesReserved === 'always')
    return `platforms since 2026-03-03 refuse the whole descriptor when it names one of their examples, even with BUNDLES_INCLUDE_EXAMPLES=0`;
  if (examplesReserved === 'with-examples' && examples)
    return 'with BUNDLES_INCLUDE_EXAMPLES=1 the platform keeps its built-in example and ignores this entry';
  return undefined;
}

/** The generation of a platform.ref, and why: by the option, else by its calendar version, else by the kind of ref. */
export function generationOf(ref: string | undefined, option?: Generation): { generation: Generation; because: string } {
  if (option) return { generation: option, because: 'the option is set' };
  const version = ref === undefined ? undefined : calendarVersion(ref);
  if (version !== undefined) {
    const holds = (name: Generation) => calendarVersion(generationRow(name).since ?? name)! <= version;
    const generation = generations.findLast(holds) ?? generations[0];
    const newer = isNewerThanKnown(ref!)
      ? `, newer than ${LAST_KNOWN_REF}, the last one that this table was compared with: its newest row is assumed`
      : '';
    return { generation, because: `platform.ref ${ref} is a calendar version${newer}` };
  }
  if (ref !== undefined && /^v?\d+\.\d+/.test(ref)) {
    return { generation: '2026.3.1', because: `platform.ref ${ref} is not a calendar version, as before 2026-03-05` };
  }
  return { generation: NEWEST_GENERATION, because: 'platform.ref has no version: the newest platform is assumed' };
}

/** Whether a calendar version is `since` or later; undefined if `ref` is none. */
export function isRefSince(ref: string, since: string): boolean | undefined {
  const version = calendarVersion(ref);
  return version === undefined ? undefined : version >= calendarVersion(since)!;
}

/** Whether a ref is newer than the last one that the table was compared with. */
export function isNewerThanKnown(ref: string): boolean {
  return (calendarVersion(ref) ?? 0) > calendarVersion(LAST_KNOWN_REF)!;
}

/** 2026.3.4.1716 → 202603041716, with or without zeros in front; undefined if it is not a calendar version. The last part is the time of day, and may be missing. */
export function calendarVersion(ref: string): number | undefined {
  const match = /^v?(20\d\d)\.(\d{1,2})\.(\d{1,2})(?!\d)(?:\.(\d{1,4})(?!\d))?/.exec(ref);
  if (!match) return undefined;
  const [year, month, day, time = 0] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number];
  return ((year * 100 + month) * 100 + day) * 10_000 + time;
}

/** Whether a text is a PEP 440 version. The platform's release workflow requires one in platform.ref since 2026-03-05. */
export function isPep440(text: string): boolean {
  return /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?\d*)?(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/i.test(
    text,
  );
}
