import * as fs from 'node:fs';
import * as path from 'node:path';
import { type BundlePin, printPin } from '@kdcube/release/internal';
import { withSnapshot } from '../src/git/snapshot/snapshot';
import type { ImageJob, ImageOptions } from '../src/images/job';
import { planImageJob } from '../src/images/plan-job';
import { silentLog } from '../src/system/log';
import { type OpenRelease, openRelease } from '../src/workspace/workspace';
import { commit, gitSync, newRepo, type Sandbox, sandbox, write } from './git-kit';
import { type Double, putImage, registryDouble } from './registry-kit';

const BASE = '${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:2026.7.20.444';
export const DOCKERFILE =
  'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\nFROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}\nCOPY ./bundles /bundles\n';
export const ENTRYPOINT =
  'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n\n\n@agentic_workflow(name="x")\nclass X:\n    pass\n';

/** Plans the image and does `work` with it. */
type Job = <T>(work: (job: ImageJob) => Promise<T>, options?: Partial<ImageOptions>) => Promise<T>;

/** A customer's workspace with one image, a bundle of its own and a pinned one, all committed; a registry with the base; no engine. */
export interface Acme {
  box: Sandbox;
  root: string;
  /** The repository of the pinned bundle `there@2-0`, with the tag `v2`. */
  org: string;
  registry: Double;
  /** Empty, unless the registry was asked to be in it. */
  registryFolder: string;
  pin: BundlePin;
  /** Writes files and commits them. */
  commit(files: Record<string, string>): void;
  open(options?: object): Promise<OpenRelease>;
  job: Job;
  /** The same in a clone. */
  at(clone: string): { job: Job };
  end(): Promise<void>;
}

/** `inFolder`: the registry's content is in a folder, where a test can look at it without a request. */
export async function acme(options: { inFolder?: boolean } = {}): Promise<Acme> {
  const box = sandbox();
  for (const name of Object.keys(process.env))
    if (/^(?:KDCUBE_(?!CACHE)|GITHUB_|CI_|BITBUCKET_|BUILDKITE_)/.test(name)) delete process.env[name];
  const registryFolder = box.folder('registry');
  const registry = await registryDouble(options.inFolder ? { dir: registryFolder } : {});
  const base = await putImage(registry.host, 'kdcube-chat-proc', '2026.7.20.444', 'base', '2026-01-02T03:04:05Z');
  const org = newRepo(box.folder('org'));
  const pinned = commit(org, { 'service/there@2-0/entrypoint.py': ENTRYPOINT });
  write(org, { '.git/refs/tags/v2': `${pinned}\n` });
  const pin: BundlePin = {
    pin: 1,
    repo: `file://${org}`,
    ref: 'v2',
    subdir: 'service',
    commit: pinned,
    path: 'service/there@2-0',
    tree: gitSync(org, 'rev-parse', 'v2:service/there@2-0'),
  };
  const root = newRepo(box.folder('acme'), {
    '.gitignore': 'dist\n',
    'release.yaml': `platform: {repo: kdcube-ai-app, ref: "2026.7.20.444"}
bundles:
  items:
    - {id: "here@1-0"}
    - {id: "there@2-0", repo: "file://${org}", ref: "v2", subdir: "service"}
`,
    'bundles/here@1-0/entrypoint.py': ENTRYPOINT,
    'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE,
    'pins/bundles/there@2-0/pin.json': printPin(pin),
    'pins/images/proc/pin.json': printPin({
      pin: 1,
      platform: '2026.7.20.444',
      bundles: ['here@1-0', 'there@2-0'],
      bases: { [BASE]: base },
    }),
  });
  return {
    box,
    root,
    org,
    registry,
    registryFolder,
    pin,
    commit: (files) => void commit(root, files),
    open: (options = {}) => openRelease(root, options),
    job: jobIn(root),
    at: (clone) => ({ job: jobIn(clone) }),
    async end() {
      await registry.close();
      box.end();
    },
  };
}

function jobIn(root: string): Job {
  return async (work, options = {}) => {
    const release = await openRelease(root);
    return withSnapshot(root, async (snapshot) =>
      work(await planImageJob(release, 'proc', snapshot, { args: {}, offline: false, ...options }, silentLog)),
    );
  };
}

export interface Engine {
  /** What it was asked since the last time, but for its version: `buildx build`, `push …`. */
  calls(): string[];
  /** What an image was built of. */
  built(tag: string): { args: Record<string, string>; labels: Record<string, string>; dockerfile: string; files: string[] };
  /** Makes one verb fail; undefined: none. */
  fail(verb: string | undefined): void;
}

/** Puts the double of docker before everything else on the PATH, until the sandbox ends. */
export function dockerDouble({ box }: Pick<Acme, 'box'>): Engine {
  const store = box.folder('docker');
  const bin = box.folder('bin');
  fs.copyFileSync(path.join(__dirname, 'docker-double.sh'), path.join(bin, 'docker'));
  Object.assign(process.env, {
    PATH: `${bin}:${process.env.PATH}`,
    DOCKER_DOUBLE: store,
    DOCKER_DOUBLE_NODE: process.execPath,
    DOCKER_DOUBLE_PROGRAM: path.join(__dirname, 'docker-double.cjs'),
  });
  const log = path.join(store, 'log');
  return {
    calls() {
      const lines = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
      fs.rmSync(log, { force: true });
      return lines.filter((line) => !line.includes('version'));
    },
    built: (tag) => JSON.parse(fs.readFileSync(path.join(store, `${tag.replace(/[^A-Za-z0-9.-]/g, '_')}.json`), 'utf8')),
    fail(verb) {
      if (verb === undefined) delete process.env.DOCKER_DOUBLE_FAIL;
      else process.env.DOCKER_DOUBLE_FAIL = verb;
    },
  };
}
