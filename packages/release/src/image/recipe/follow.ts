import type { Line } from '../dockerfile/lines';
import { atLine, attempt, refuse, type Recipe, type Refusal } from './recipe';
import { expandWord } from './expand';
import { assignmentsOf, declarationsOf, flagsOf, jsonForm, textOf } from './forms';
import { printedSettings, withVariable, type Healthcheck, type ImageSettings } from './settings';
import { absolute, isSignal, keptOr, modeOf, nanoseconds, ownerOf, portsOf, type Owner } from './values';

/** `COPY` or `ADD`: what of the context goes where. */
export interface CopyStep extends Owner {
  step: 'copy';
  line: number;
  instruction: string;
  /** As written, variables filled in; below the context whatever they begin with. */
  sources: string[];
  /** Absolute; the `/` at its end is kept: it says that this is a folder. */
  to: string;
  /** Of files and folders alike; their own where undefined. */
  mode?: number;
  /** `ADD` unpacks archives: its sources must be none. */
  unpacks: boolean;
}

/** `WORKDIR`: a folder that is made where it is not there. */
export interface FolderStep {
  step: 'folder';
  line: number;
  instruction: string;
  path: string;
  /** Who owns what is made: the USER of that line, as written. */
  user?: string;
}

export type RecipeStep = CopyStep | FolderStep;

/** What a recipe makes of a base. */
export interface FollowedRecipe {
  settings: ImageSettings;
  author?: string;
  steps: RecipeStep[];
  /** One entry an instruction, as builders write the history; `step` is an index into steps. */
  history: { by: string; step?: number }[];
}

interface State extends FollowedRecipe {
  scope: Map<string, string>;
  /** Whether this stage has a CMD: then ENTRYPOINT keeps it. */
  hasCommand: boolean;
}

/** Follows a recipe from the settings of its base. Nothing is thrown: a line that cannot be followed is the value. */
export function followRecipe(recipe: Recipe, base: ImageSettings): FollowedRecipe | Refusal {
  return attempt(() => {
    if ((base.OnBuild ?? []).length > 0)
      refuse(
        { line: recipe.line, keyword: 'FROM' },
        `its base has triggers (ONBUILD ${base.OnBuild![0]}), which only an engine carries out`,
      );
    const state: State = {
      settings: base,
      steps: [],
      history: [],
      scope: new Map((base.Env ?? []).map(pairOf)),
      hasCommand: false,
    };
    if (base.WorkingDir) set(state, { WorkingDir: keptOr(base.WorkingDir, absolute(base.WorkingDir)) });
    for (const stage of recipe.stages) {
      state.hasCommand = false;
      for (const line of stage) {
        const by = atLine(line, () => FOLLOW[line.keyword]!(state, line, recipe));
        const made = state.steps.at(-1)?.line === line.line ? { step: state.steps.length - 1 } : {};
        state.history.push({ by: `${line.keyword} ${by}`, ...made });
      }
    }
    const { steps, history, author } = state;
    return { settings: printedSettings(state.settings), steps, history, ...(author !== undefined && { author }) };
  });
}

/** One function an instruction; each returns what the history says of it. */
const FOLLOW: Record<string, (state: State, line: Line, recipe: Recipe) => string> = {
  ARG(state, line, { global, given }) {
    const { scope } = state;
    // Behind FROM, all of a line sees the variables from before the line.
    state.scope = new Map(scope);
    const said = declarationsOf(line).map(([name, written]) => {
      const value = given.get(name) ?? (written === undefined ? global.get(name) : expandWord(written, scope));
      if (value === undefined) return name;
      state.scope.set(name, value);
      return `${name}=${value}`;
    });
    return said.join(' ');
  },
  ENV(state, line) {
    const pairs = expanded(state, line);
    for (const [name, value] of pairs) {
      state.scope.set(name, value);
      set(state, { Env: withVariable(state.settings.Env ?? [], name, value) });
    }
    return said(pairs);
  },
  LABEL(state, line) {
    const pairs = expanded(state, line);
    set(state, { Labels: { ...state.settings.Labels, ...Object.fromEntries(pairs) } });
    return said(pairs);
  },
  WORKDIR(state, line) {
    const written = word(state, line);
    const path = absolute(written, state.settings.WorkingDir);
    set(state, { WorkingDir: keptOr(written, path) });
    const { User: user } = state.settings;
    if (path !== '/')
      state.steps.push({ step: 'folder', line: line.line, instruction: line.keyword, path, ...(user && { user }) });
    return path;
  },
  COPY: (state, line) => copy(state, line, false),
  ADD: (state, line) => copy(state, line, true),
  USER(state, line) {
    set(state, { User: word(state, line) });
    return state.settings.User!;
  },
  EXPOSE(state, line) {
    const ports = line.words.flatMap(({ text }) => portsOf(text, state.scope));
    set(state, { ExposedPorts: { ...state.settings.ExposedPorts, ...marks(ports) } });
    return ports.join(' ');
  },
  VOLUME(state, line) {
    const places = (jsonForm(line.rest) ?? line.rest.split(/\s+/)).map((text) => expandWord(text, state.scope));
    if (places.some((place) => place === '')) throw new Error('it names nothing');
    set(state, { Volumes: { ...state.settings.Volumes, ...marks(places) } });
    return `[${places.join(' ')}]`;
  },
  CMD(state, line) {
    set(state, { Cmd: command(state, line), ArgsEscaped: true });
    state.hasCommand = true;
    return JSON.stringify(state.settings.Cmd);
  },
  ENTRYPOINT(state, line) {
    set(state, { Entrypoint: command(state, line), ...(!state.hasCommand && { Cmd: undefined }) });
    return JSON.stringify(state.settings.Entrypoint);
  },
  SHELL(state, line) {
    const shell = jsonForm(line.rest);
    if (!shell?.length) throw new Error('it takes a list in JSON');
    set(state, { Shell: shell });
    return JSON.stringify(shell);
  },
  HEALTHCHECK(state, line) {
    set(state, { Healthcheck: healthcheck(line) });
    return JSON.stringify(state.settings.Healthcheck);
  },
  STOPSIGNAL(state, line) {
    const signal = word(state, line);
    if (!isSignal(signal)) throw new Error(`"${signal}" is no signal`);
    set(state, { StopSignal: signal });
    return signal;
  },
  MAINTAINER(state, line) {
    state.author = line.rest;
    return line.rest;
  },
};

function copy(state: State, line: Line, unpacks: boolean): string {
  const text = textOf(line);
  const paths = (jsonForm(text) ?? text.split(/\s+/)).map((path) => expandWord(path, state.scope));
  if (paths.length < 2) throw new Error('it has no destination');
  const [sources, destination] = [paths.slice(0, -1), paths.at(-1)!];
  if (unpacks && sources.some((source) => /^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(source)))
    throw new Error('it downloads, which needs an engine');
  if (sources.some((source) => source === '')) throw new Error('it has an empty source');
  if (sources.length > 1 && !destination.endsWith('/'))
    throw new Error('it copies several things, and its destination does not end with a /');
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

/** `CMD` and `ENTRYPOINT`: a list as it is, a text behind the shell. */
function command({ settings }: State, line: Line): string[] {
  const list = jsonForm(line.rest);
  if (list === undefined && line.rest === '') throw new Error('it names nothing');
  return list ?? [...(settings.Shell?.length ? settings.Shell : ['/bin/sh', '-c']), line.rest];
}

function healthcheck(line: Line): Healthcheck {
  const [kind = ''] = line.words.map(({ text }) => text.toUpperCase());
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
  const unknown = [...flags.keys()].find((flag) => flag !== '--retries' && !times.some(([, known]) => known === flag));
  if (unknown !== undefined) throw new Error(`${unknown} is not a flag of HEALTHCHECK`);
  const retries = flags.get('--retries') || '0';
  if (!/^\d{1,9}$/.test(retries)) throw new Error(`"${retries}" is not a number of retries`);
  return {
    Test: list ? ['CMD', ...list] : ['CMD-SHELL', rest],
    ...Object.fromEntries(times.flatMap(([key, flag]) => given(key, nanoseconds(flags.get(flag) || '0')))),
    ...Object.fromEntries(given('Retries', Number(retries))),
  };
}

function given(key: string, value: number): [string, number][] {
  return value === 0 ? [] : [[key, value]];
}

/** All of a line sees the variables from before the line. */
function expanded({ scope }: State, line: Line): [string, string][] {
  return assignmentsOf(line).map(([name, value]) => {
    const read = expandWord(name, scope);
    if (read === '') throw new Error('it has an empty name');
    return [read, expandWord(value, scope)];
  });
}

/** All behind the instruction is one word. */
function word({ scope }: State, line: Line): string {
  const value = expandWord(line.rest, scope);
  if (value === '') throw new Error('it names nothing');
  return value;
}

function set(state: State, change: ImageSettings): void {
  state.settings = { ...state.settings, ...change };
}

function said(pairs: readonly [string, string][]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(' ');
}

function marks(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
