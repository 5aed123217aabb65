import { LIMITS } from '../../problem/limits';
import type { Line } from '../dockerfile/lines';
import { expandWord } from './expand';
import { assignmentsOf, declarationsOf, flagsOf, jsonForm, textOf } from './forms';
import { isDownload, type Recipe } from './recipe';
import { withVariables, type Healthcheck, type ImageSettings } from './settings';
import type { RecipeState } from './steps';
import { absolute, isSignal, modeOf, nanoseconds, ownerOf, portsOf, preserveAbsolute } from './values';

const MAX_ENTRIES = LIMITS.imageSettings.max;

/** How each instruction changes the image. Each function returns its arguments as the OCI history shows them. */
export const INSTRUCTIONS: Record<string, (state: RecipeState, line: Line, recipe: Recipe) => string> = {
  ARG(state, line, { global, given }) {
    const { scope } = state;
    // After FROM, a line sees the variables as they were before the line.
    const declared = declarationsOf(line).map(
      ([name, written]) =>
        [name, given.get(name) ?? (written === undefined ? global.get(name) : expandWord(written, scope))] as const,
    );
    for (const [name, value] of declared) if (value !== undefined) scope.set(name, value);
    return declared.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)).join(' ');
  },
  ENV(state, line) {
    const pairs = expandAssignments(state, line);
    for (const [name, value] of pairs) state.scope.set(name, value);
    updateSettings(state, { Env: withVariables(state.settings.Env ?? [], pairs) });
    return formatPairs(pairs);
  },
  LABEL(state, line) {
    const pairs = expandAssignments(state, line);
    updateSettings(state, { Labels: { ...state.settings.Labels, ...Object.fromEntries(pairs) } });
    return formatPairs(pairs);
  },
  WORKDIR(state, line) {
    const written = singleValue(state, line);
    const path = absolute(written, state.settings.WorkingDir);
    updateSettings(state, { WorkingDir: preserveAbsolute(written, path) });
    const { User: user } = state.settings;
    if (path !== '/')
      state.steps.push({ step: 'folder', line: line.line, instruction: line.keyword, path, ...(user && { user }) });
    return path;
  },
  COPY: (state, line) => addCopyStep(state, line, false),
  ADD: (state, line) => addCopyStep(state, line, true),
  USER(state, line) {
    updateSettings(state, { User: singleValue(state, line) });
    return state.settings.User!;
  },
  EXPOSE(state, line) {
    const ports = line.tokens.flatMap(({ text }) => portsOf(text, state.scope));
    updateSettings(state, { ExposedPorts: { ...state.settings.ExposedPorts, ...asKeys(ports) } });
    return ports.join(' ');
  },
  VOLUME(state, line) {
    const places = (jsonForm(line.rest) ?? line.rest.split(/\s+/)).map((text) => expandWord(text, state.scope));
    if (places.some((place) => place === '')) throw new Error('it has no argument');
    updateSettings(state, { Volumes: { ...state.settings.Volumes, ...asKeys(places) } });
    return `[${places.join(' ')}]`;
  },
  CMD(state, line) {
    updateSettings(state, { Cmd: parseCommand(state, line), ArgsEscaped: true });
    state.hasCommand = true;
    return JSON.stringify(state.settings.Cmd);
  },
  ENTRYPOINT(state, line) {
    updateSettings(state, { Entrypoint: parseCommand(state, line), ...(!state.hasCommand && { Cmd: undefined }) });
    return JSON.stringify(state.settings.Entrypoint);
  },
  SHELL(state, line) {
    const shell = jsonForm(line.rest);
    if (!shell?.length) throw new Error('it needs a list in JSON');
    updateSettings(state, { Shell: shell });
    return JSON.stringify(shell);
  },
  HEALTHCHECK(state, line) {
    updateSettings(state, { Healthcheck: parseHealthcheck(line) });
    return JSON.stringify(state.settings.Healthcheck);
  },
  STOPSIGNAL(state, line) {
    const signal = singleValue(state, line);
    if (!isSignal(signal)) throw new Error(`"${signal}" is not a signal`);
    updateSettings(state, { StopSignal: signal });
    return signal;
  },
  MAINTAINER(state, line) {
    state.author = line.rest;
    return line.rest;
  },
};

function addCopyStep(state: RecipeState, line: Line, unpacks: boolean): string {
  const text = textOf(line);
  const paths = (jsonForm(text) ?? text.split(/\s+/)).map((path) => expandWord(path, state.scope));
  if (paths.length < 2) throw new Error('it has no destination');
  const [sources, destination] = [paths.slice(0, -1), paths.at(-1)!];
  if (unpacks && sources.some(isDownload)) throw new Error('it downloads, which needs an engine');
  if (sources.some((source) => source === '')) throw new Error('it has an empty source');
  if (sources.length > 1 && !destination.endsWith('/'))
    throw new Error('it has several sources, but its destination does not end with a /');
  const isFolder = destination === '' || destination === '.' || destination.endsWith('/');
  const at = absolute(destination, state.settings.WorkingDir);
  const to = isFolder && at !== '/' ? `${at}/` : at;
  const flags = flagsOf(line.flags);
  const owner = expandWord(flags.get('--chown') ?? '', state.scope);
  const mode = flags.get('--chmod');
  state.steps.push({
    step: 'copy',
    line: line.line,
    instruction: line.keyword,
    sources,
    to,
    ...(owner === '' ? { uid: 0, gid: 0 } : ownerOf(owner)),
    ...(mode !== undefined && { mode: modeOf(mode) }),
    unpacks,
  });
  return [...line.flags.map((flag) => flag.text), ...sources, destination].join(' ');
}

/** `CMD` and `ENTRYPOINT`: the exec form unchanged, the shell form with the shell prepended. */
function parseCommand({ settings }: RecipeState, line: Line): string[] {
  const list = jsonForm(line.rest);
  if (list === undefined && line.rest === '') throw new Error('it has no argument');
  return list ?? [...(settings.Shell?.length ? settings.Shell : ['/bin/sh', '-c']), line.rest];
}

function parseHealthcheck(line: Line): Healthcheck {
  const [kind = ''] = line.tokens.map(({ text }) => text.toUpperCase());
  const rest = textOf(line).slice(kind.length).trim();
  if (kind === 'NONE' && rest === '' && line.flags.length === 0) return { Test: ['NONE'] };
  const list = jsonForm(rest);
  if (kind !== 'CMD' || rest === '' || list?.length === 0) throw new Error('it is neither NONE nor CMD with a command');
  const flags = flagsOf(line.flags);
  const times = Object.entries({
    Interval: '--interval',
    Timeout: '--timeout',
    StartPeriod: '--start-period',
    StartInterval: '--start-interval',
  });
  const unknown = [...flags.keys()].find((flag) => flag !== '--retries' && !times.some(([, name]) => name === flag));
  if (unknown !== undefined) throw new Error(`${unknown} is not a flag of HEALTHCHECK`);
  const retries = flags.get('--retries') || '0';
  if (!/^\d{1,9}$/.test(retries)) throw new Error(`"${retries}" is not a number of retries`);
  return {
    Test: list ? ['CMD', ...list] : ['CMD-SHELL', rest],
    ...Object.fromEntries(times.flatMap(([key, flag]) => nonZero(key, nanoseconds(flags.get(flag) || '0')))),
    ...Object.fromEntries(nonZero('Retries', Number(retries))),
  };
}

function nonZero(key: string, value: number): [string, number][] {
  return value === 0 ? [] : [[key, value]];
}

/** A line sees the variables as they were before the line. */
function expandAssignments({ scope }: RecipeState, line: Line): [string, string][] {
  return assignmentsOf(line).map(([name, value]) => {
    const expandedName = expandWord(name, scope);
    if (expandedName === '') throw new Error('it has an empty name');
    return [expandedName, expandWord(value, scope)];
  });
}

/** The whole rest of the line as one value. */
function singleValue({ scope }: RecipeState, line: Line): string {
  const value = expandWord(line.rest, scope);
  if (value === '') throw new Error('it has no argument');
  return value;
}

export function updateSettings(state: RecipeState, change: ImageSettings): void {
  for (const list of [change.Env, change.Labels, change.ExposedPorts, change.Volumes])
    if (Object.keys(list ?? {}).length > MAX_ENTRIES) throw new Error(`the image has more than ${MAX_ENTRIES} of these`);
  state.settings = { ...state.settings, ...change };
}

function formatPairs(pairs: readonly [string, string][]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(' ');
}

function asKeys(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
