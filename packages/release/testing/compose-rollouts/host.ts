import type { HostContainer } from '../../src/targets/compose/plan/host-state';
import type { HostRelease } from '../../src/targets/compose/plan/host-release';
import type { ReadinessAnswer } from '../../src/deploy/readiness/answer';
import type { ComposeHost } from '../../src/targets/compose/rollout/port';
import { escapeDollars } from '../../src/targets/compose/render/base-config';
import { KdcubeError } from '../../src/problem/problem';
import type { ProblemCode } from '../../src/problem/codes';

/** What a container of a service does. Seconds are of the virtual clock. */
export interface Behavior {
  /** Seconds until it is healthy. Default: 3. */
  healthyAfter?: number;
  /** It exits with this code, after 1 s. */
  exits?: number;
  unhealthy?: boolean;
  /** It never becomes healthy. */
  hangs?: boolean;
  /** docker restarts it again and again. */
  restarts?: boolean;
  /** docker restarts it once, this many seconds after its start. */
  restartsAfter?: number;
  /** It exits with 1, this many seconds after its start. */
  exitsAfter?: number;
  /** Its health check fails from then on. */
  unhealthyAfter?: number;
  hasNoHealthCheck?: boolean;
  /** The engine has its image under another digest than the pinned one. */
  otherDigest?: boolean;
  /** `docker compose up` fails with this message. */
  refuses?: string;
}

export interface Fault {
  /** The name of a call of the port, with its first argument: `up chat-proc`. */
  call: string;
  /** Which of these calls. Default: the first. */
  nth?: number;
  /** A Problem, or `kill`: the process is gone. */
  with: ProblemCode | 'kill';
  /** The call does its work before it fails: ssh was cut off. */
  after?: boolean;
}

export class Killed extends Error {}

/** A host in memory: docker, compose, and the files of a release. */
export class FakeHost implements ComposeHost {
  containers: (HostContainer & { createdAt: number; behavior: Behavior })[] = [];
  releases: HostRelease[] = [];
  /** Images that it has. */
  images = new Set<string>();
  preserved: number[] = [];
  calls: string[] = [];
  faults: Fault[] = [];
  isLocked = false;
  registryDown = false;
  /** By service and image reference, `chat-proc …@sha256:…`; `*` for all others. */
  behaviors = new Map<string, Behavior>();
  /** Files that the platform edits too. */
  files = new Map<string, string>();
  /** What compose reads in an env file in another way. */
  misread: string | undefined;
  private ids = 0;

  constructor(readonly clock: { now(): number }) {}

  async lock() {
    await this.call('lock', () => {
      if (this.isLocked) throw problem('deploy-in-progress');
      this.isLocked = true;
    });
    return { release: async () => void (this.isLocked = false) };
  }

  async readContainers() {
    return this.call('readContainers', () => this.containers.map((each) => this.seen(each)));
  }

  async readReleases() {
    return this.call('readReleases', () => this.releases);
  }

  async pull(reference: string) {
    return this.call(`pull ${reference}`, () => {
      if (this.images.has(reference)) return false;
      if (this.registryDown) throw problem('image-pull-failed');
      this.images.add(reference);
      return true;
    });
  }

  async pullServices(names: readonly string[]) {
    await this.call(`pullServices ${names.join(' ')}`, () => {
      if (this.registryDown) throw problem('image-pull-failed');
    });
  }

  async writeRelease(release: HostRelease) {
    await this.call(`writeRelease ${release.verdict ?? 'new'}`, () => {
      this.releases = [...this.releases.filter(({ number }) => number !== release.number), structuredClone(release)];
    });
  }

  async copyBundles(image: string, folder: string) {
    await this.call(`copyBundles ${image} ${folder}`, () => undefined);
  }

  async confirm() {
    await this.call('confirm', () => undefined);
  }

  async readFile(path: string) {
    return this.call('readFile', () => this.files.get(path));
  }

  async writeFile(path: string, content: string | undefined) {
    await this.call('writeFile', () => void (content === undefined ? this.files.delete(path) : this.files.set(path, content)));
  }

  async readConfig({ content }: HostRelease) {
    const services = Object.values(content.services).map(({ serviceName, image, env }) => {
      const environment = Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, name === this.misread ? `${value} ` : escapeDollars(value)]),
      );
      return [serviceName, { image, environment }];
    });
    return this.call('readConfig', () => JSON.stringify({ services: Object.fromEntries(services) }));
  }

  async up(serviceName: string, release: HostRelease | undefined, overlay?: string) {
    await this.call(`up ${serviceName}${release ? ` ${release.release}` : ''}${overlay ? ' forced' : ''}`, () => {
      const content = release && Object.values(release.content.services).find((each) => each.serviceName === serviceName);
      const image = content?.image ?? `${serviceName}:latest`;
      const behavior = this.behaviors.get(`${serviceName} ${image}`) ?? this.behaviors.get('*') ?? {};
      if (behavior.refuses) throw problem('compose-failed', behavior.refuses);
      if (content && !this.images.has(image)) throw problem('compose-failed', 'no such image');
      this.containers = this.containers.filter((each) => each.serviceName !== serviceName);
      for (let index = 0; index < (content?.desiredCount ?? 1); index += 1)
        this.containers.push({
          id: `${serviceName}-${(this.ids += 1)}`.padEnd(16, '0'),
          serviceName,
          state: 'running',
          exitCode: 0,
          restartCount: 0,
          startedAt: '',
          image,
          digests: behavior.otherDigest ? [`sha256:${'f'.repeat(64)}`] : image.includes('@') ? [image.split('@')[1]!] : [],
          ...(content && { hash: overlay ? `${content.hash}+forced` : content.hash }),
          createdAt: this.clock.now(),
          behavior:
            content?.kind === 'task' && behavior.exits === undefined && !behavior.hangs ? { ...behavior, exits: 0 } : behavior,
        });
    });
  }

  async start(names: readonly string[]) {
    for (const name of names) await this.up(name, undefined);
  }

  async remove(serviceName: string) {
    await this.call(`remove ${serviceName}`, () => {
      this.containers = this.containers.filter((each) => each.serviceName !== serviceName);
    });
  }

  /** What proc answers about its bundles; undefined: it cannot be asked. */
  bundles?: (request: number) => ReadinessAnswer;
  private asked = 0;

  async ask(container: string, url: string) {
    return this.call(
      `ask ${container} ${url}`,
      () => this.bundles?.((this.asked += 1)) ?? { unanswered: 'its image has no python3' },
    );
  }

  async readLog(container: string) {
    return this.call('readLog', () => [`the last line of ${container.replace(/-\d+0*$/, '')}`]);
  }

  async keep({ number }: HostRelease) {
    await this.call('keep', () => void this.preserved.push(number));
  }

  /** The state of a container now. */
  private seen({ createdAt, behavior, ...container }: FakeHost['containers'][number]): HostContainer {
    const age = (this.clock.now() - createdAt) / 1000;
    const {
      exits,
      unhealthy,
      hangs,
      restarts,
      restartsAfter,
      exitsAfter,
      unhealthyAfter,
      hasNoHealthCheck,
      healthyAfter = 3,
    } = behavior;
    if (exits !== undefined && age >= 1) return { ...container, state: 'exited', exitCode: exits };
    if (exitsAfter !== undefined && age >= exitsAfter) return { ...container, state: 'exited', exitCode: 1 };
    if (unhealthyAfter !== undefined && age >= unhealthyAfter) return { ...container, health: 'unhealthy' };
    if (restarts && age >= 2) return { ...container, restartCount: Math.floor(age / 2), exitCode: 1 };
    if (restartsAfter !== undefined && age >= restartsAfter)
      return { ...container, restartCount: 1, health: hasNoHealthCheck ? undefined : 'healthy' };
    if (hasNoHealthCheck || exits !== undefined) return container;
    const health = hangs || age < healthyAfter ? 'starting' : unhealthy ? 'unhealthy' : 'healthy';
    return { ...container, health };
  }

  private async call<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    const fault = this.faults.find(
      ({ call, nth = 1 }) => name.startsWith(call) && this.calls.filter((each) => each.startsWith(call)).length === nth,
    );
    if (!fault) return work();
    if (fault.after) work();
    throw fault.with === 'kill' ? new Killed() : problem(fault.with);
  }
}

function problem(code: ProblemCode, message = `the host: ${code}.`): KdcubeError {
  return new KdcubeError({ code, message });
}
