import { type Component, factsOf } from '../../../platform/components';
import { mayHoldSecret } from '../../../document/values';
import { printable } from '../../../problem/problem';
import { COMPOSE_KEYS } from './compose-keys';
import type { ComposedService } from './compose-files';
import { isMapping, listOf, type Mapping, volumeOf } from './compose-merge';
import { askedHealth, containerPort, mebibytesOf, secondsOf, shownWord, wholeNumber } from './compose-values';
import type { ImportNote } from '../../../import/types';
import type { ImportReason } from '../../../import/reasons';

type AddNote = (key: string, reason: ImportReason, message: string, hint?: string) => void;

const STAYS = 'stays in the compose file: an environment has no place for it';

/** `volumes`: the named ones of the compose files. The settings of a service besides image and variables, in the form of the environment's file. Whatever cannot be imported gets a note. */
export function settingsOf(service: ComposedService, component: Component, volumes: Mapping, notes: ImportNote[]): Mapping {
  const { name, definition, at } = service;
  const addNote: AddNote = (key, reason, message, hint) => {
    const where = at[key.split(/[.[\s]/)[0]!];
    notes.push({ subject: `${name} ${printable(key)}`, reason, message, ...(hint && { hint }), ...(where && { at: where }) });
  };
  for (const [key, value] of Object.entries(definition)) {
    const known = Object.hasOwn(COMPOSE_KEYS, key) ? COMPOSE_KEYS[key] : undefined;
    const isNothing = value === null || (!MEANINGFUL.includes(key) && isDefault(value));
    if (key.startsWith('x-') || isNothing || (known && 'to' in known)) continue;
    addNote(
      key,
      'compose-key',
      known ? STAYS : 'is not a known key of compose: it was left out',
      known && 'stays' in known ? known.stays : undefined,
    );
  }
  const port = portOf(definition, component, addNote);
  const settings = {
    ...countOf(definition, addNote),
    ...sizeOf(definition, addNote),
    ...architectureOf(definition, addNote),
    ...(port !== undefined && port !== factsOf(component).port && { port }),
    ...healthOf(definition, component, port, addNote),
    ...stopOf(definition, addNote),
    ...(typeof definition.container_name === 'string' && { container: definition.container_name }),
    ...mountsOf(definition, volumes, addNote),
  };
  return withoutSecrets(settings, addNote);
}

/** Keys whose empty or false value is not their default: `entrypoint: []` clears that of the image. */
const MEANINGFUL = ['attach', 'command', 'entrypoint'];

function isDefault(value: unknown): boolean {
  return value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function countOf({ scale, deploy }: Mapping, addNote: AddNote): Mapping {
  const { replicas, mode, resources, ...others } = isMapping(deploy) ? deploy : {};
  for (const key of Object.keys(others)) addNote(`deploy.${key}`, 'compose-key', STAYS);
  if (isMapping(resources))
    for (const key of Object.keys(resources).filter((each) => each !== 'limits'))
      addNote(`deploy.resources.${key}`, 'compose-key', STAYS);
  if (mode !== undefined && mode !== 'replicated')
    addNote('deploy.mode', 'compose-value', 'has no number of replicas: write count');
  const wanted = scale ?? replicas;
  if (wanted === undefined || wanted === null) return {};
  const count = wholeNumber(wanted);
  if (count !== undefined && count >= 0) return { count };
  addNote(
    scale === undefined ? 'deploy.replicas' : 'scale',
    'compose-value',
    'is not a whole number: it was left out',
    'count: 1',
  );
  return {};
}

function sizeOf({ cpus, mem_limit: memLimit, deploy }: Mapping, addNote: AddNote): Mapping {
  const resources = isMapping(deploy) && isMapping(deploy.resources) ? deploy.resources : {};
  const { cpus: limitCpus, memory: limitMemory, ...others } = isMapping(resources.limits) ? resources.limits : {};
  for (const key of Object.keys(others)) addNote(`deploy.resources.limits.${key}`, 'compose-key', STAYS);
  const cpuText = limitCpus ?? cpus;
  const memoryText = limitMemory ?? memLimit;
  const cpu = Number(cpuText) > 0 ? Math.round(Number(cpuText) * 1024) : undefined;
  const memory = mebibytesOf(memoryText);
  const [noCpu, noMemory] = [cpuText !== undefined && !cpu, memoryText !== undefined && !(memory && memory >= 1)];
  if (noCpu)
    addNote(
      limitCpus === undefined ? 'cpus' : 'deploy.resources.limits.cpus',
      'compose-value',
      'is not a number of processors: it was left out',
    );
  if (noMemory)
    addNote(
      limitMemory === undefined ? 'mem_limit' : 'deploy.resources.limits.memory',
      'compose-value',
      'is not a size of at least 1m: it was left out',
    );
  return { ...(cpu && { cpu }), ...(memory && memory >= 1 && { memory: Math.floor(memory) }) };
}

function architectureOf({ platform }: Mapping, addNote: AddNote): Mapping {
  if (platform === undefined || platform === null || platform === 'linux/amd64' || platform === 'amd64') return {};
  if (/^(?:linux\/)?(?:arm64|aarch64)(?:\/v8)?$/.test(String(platform))) return { architecture: 'arm64' };
  addNote('platform', 'compose-value', 'is neither linux/amd64 nor linux/arm64: it was left out');
  return {};
}

/** The port of the container. Published ports stay in the compose file. */
function portOf({ ports }: Mapping, component: Component, addNote: AddNote): number | undefined {
  const list = listOf(ports);
  if (list.length === 0) return undefined;
  const found = list.map(containerPort);
  const own = factsOf(component).port;
  const port = own !== undefined && found.includes(own) ? own : found.find((each) => each !== undefined);
  const others = list.length > 1 ? ` Of several, ${port ?? 'none'} was imported as the port of the service.` : '';
  addNote(
    'ports',
    'compose-key',
    `published ports stay in the compose file: an environment has only the port of the container.${others}`,
  );
  return port;
}

function healthOf({ healthcheck }: Mapping, component: Component, port: number | undefined, addNote: AddNote): Mapping {
  if (!isMapping(healthcheck)) return {};
  const { test, disable, interval, timeout, retries, start_period: start, ...others } = healthcheck;
  for (const key of Object.keys(others)) addNote(`healthcheck.${key}`, 'compose-key', STAYS);
  const asked = askedHealth(test, disable);
  const own = port ?? factsOf(component).port;
  if (asked?.tool === 'none') return { health: { tool: 'none' } };
  const fits = asked && (own === undefined || asked.port === own);
  if (test !== undefined && !fits)
    addNote(
      'healthcheck.test',
      'compose-value',
      'does not request one path of the port of the service with curl, wget or python: the health check of the component is used',
    );
  const bounded = (key: string, value: number | undefined, written: unknown, least: number, most: number): Mapping => {
    if (written === undefined || written === null) return {};
    if (value !== undefined && Number.isInteger(value) && value >= least && value <= most) return { [key]: value };
    addNote(`healthcheck.${key}`, 'compose-value', `is not a whole number from ${least} to ${most}: it was left out`);
    return {};
  };
  const health = {
    ...(fits && { path: asked.path, tool: asked.tool }),
    ...bounded('interval', secondsOf(interval), interval, 5, 300),
    ...bounded('timeout', secondsOf(timeout), timeout, 2, 60),
    ...bounded('retries', wholeNumber(retries), retries, 1, 10),
    ...bounded('start_period', secondsOf(start), start, 0, 300),
  };
  return {
    ...(fits && own === undefined && { port: asked.port }),
    ...(Object.keys(health).length > 0 && { health }),
  };
}

function stopOf({ stop_grace_period: written }: Mapping, addNote: AddNote): Mapping {
  if (written === undefined || written === null) return {};
  const seconds = secondsOf(written);
  if (seconds !== undefined && seconds <= 120) return { stop_timeout: Math.ceil(seconds) };
  addNote(
    'stop_grace_period',
    'compose-value',
    seconds === undefined ? 'is not a duration: it was left out' : 'is more than 120 seconds, the maximum of an environment',
    'stop_timeout: 120',
  );
  return {};
}

function mountsOf({ volumes: written }: Mapping, volumes: Mapping, addNote: AddNote): Mapping {
  const mounts: Record<string, Mapping> = {};
  listOf(written).forEach((volume, index) => {
    const key = `volumes[${index}]`;
    const read = readVolume(volume);
    if (!read || !/^\/[^:\0]*$/.test(read.target) || read.target.split('/').includes('..'))
      return addNote(key, 'compose-value', 'is nothing that an environment can mount: it was left out');
    const host = hostOf(read.source, volumes);
    if (host === undefined)
      return addNote(
        key,
        'compose-value',
        `${shownWord(read.target)} is a volume of docker, but an environment only mounts folders of the host: it was left out`,
        `copy it into a folder, then mounts: {${shownWord(read.target)}: {host: /folder}}`,
      );
    const unsupported = read.options.filter((option) => option !== 'ro' && option !== 'rw');
    if (unsupported.length > 0)
      addNote(key, 'compose-key', `${unsupported.map(shownWord).join(', ')} of it stays in the compose file`);
    if (mayHoldSecret([read.target, host])) return addNote(key, 'secret', 'was left out: it may contain a secret');
    mounts[read.target] = { host, ...(read.options.includes('ro') && { read_only: true }) };
  });
  return Object.keys(mounts).length > 0 ? { mounts } : {};
}

function readVolume(volume: unknown): { source?: string; target: string; options: string[] } | undefined {
  if (typeof volume === 'string') return volumeOf(volume);
  if (!isMapping(volume) || typeof volume.target !== 'string') return undefined;
  const { type, source, target, read_only: readOnly, ...others } = volume;
  if (type !== 'bind' && type !== 'volume' && type !== undefined) return undefined;
  const options = [
    ...(readOnly === true || readOnly === 'true' ? ['ro'] : []),
    ...Object.keys(others).filter((key) => !key.startsWith('x-')),
  ];
  return { ...(typeof source === 'string' && { source }), target: target as string, options };
}

/** The folder of the host; undefined for a volume of docker. Paths are absolute already. */
function hostOf(source: string | undefined, volumes: Mapping): string | undefined {
  if (source === undefined || source.startsWith('/')) return source;
  const volume = volumes[source];
  // A named volume that is a folder of the host by its options.
  const options = isMapping(volume) && isMapping(volume.driver_opts) ? volume.driver_opts : {};
  return options.o === 'bind' && typeof options.device === 'string' && options.device.startsWith('/')
    ? options.device
    : undefined;
}

/** Any value may contain a secret that compose filled in from `.env`. */
function withoutSecrets(settings: Mapping, addNote: AddNote): Mapping {
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => {
      const hidden = mayHoldSecret(value);
      if (hidden) addNote(key, 'secret', 'was left out: it may contain a secret');
      return !hidden;
    }),
  );
}
