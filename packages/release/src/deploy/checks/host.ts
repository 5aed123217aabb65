import { type Check, fail, pass, unknown } from './check';

const COMPOSE = 'https://docs.docker.com/reference/compose-file/merge/#reset-value';
const PORTS = 'https://docs.docker.com/engine/network/port-publishing/';

/** The oldest docker compose that reads `!override` and `!reset` as we write them, and the newest that was tried. */
const OLDEST_COMPOSE = '2.24.4';
const NEWEST_COMPOSE_MAJOR = 5;

/** Its subject is the host, as that of every check here but the ports. */
export const hostCompose: Check<{ version: string | undefined }> = {
  name: 'host-compose',
  kind: 'host',
  title: `The host has docker compose ${OLDEST_COMPOSE} to ${NEWEST_COMPOSE_MAJOR}.x`,
  why: 'An older version does not know `!reset` and `!override`, and would start the platform’s own images beside ours.',
  source: COMPOSE,
  when: ['deploy'],
  code: 'host-not-ready',
  decide({ version }) {
    const install =
      'apt-get install docker-compose-plugin    or what its system has: https://docs.docker.com/compose/install/linux/';
    if (version === undefined) return fail('has no docker compose: the plugin of docker, not the old docker-compose', install);
    const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
    if (!numbers) return unknown(`has docker compose ${version}, which names no version`);
    if (isOlder(numbers, OLDEST_COMPOSE.split('.').map(Number)))
      return fail(`has docker compose ${version}, and ${OLDEST_COMPOSE} or newer is needed`, install);
    if (numbers[0]! > NEWEST_COMPOSE_MAJOR)
      return unknown(`has docker compose ${version}, which is newer than what this version was tried with`);
    return pass(`has docker compose ${version}`);
  },
};

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const index = than.findIndex((number, at) => version[at] !== number);
  return index >= 0 && version[index]! < than[index]!;
}

export const hostArchitecture: Check<{ actual: string; needed: readonly string[] }> = {
  name: 'host-architecture',
  kind: 'host',
  title: 'The host has the architecture of the services',
  why: 'An image of another architecture ends with `exec format error`, or is slow under emulation.',
  source: 'https://docs.docker.com/build/building/multi-platform/',
  when: ['deploy'],
  code: 'host-not-ready',
  decide({ actual, needed }) {
    const others = needed.filter((architecture) => architecture !== actual);
    if (others.length === 0) return pass(`is ${actual}`);
    return fail(
      `is ${actual}, and services are ${others.join(', ')}`,
      `architecture: ${actual}    in each service, with images for it`,
    );
  },
};

export const hostFolder: Check<{ folder: string; state: 'writable' | 'read-only' | 'missing' }> = {
  name: 'host-folder',
  kind: 'host',
  title: 'compose.directory exists, and the user of the deploy can write it',
  why: 'The deploy writes its compose file, env files and releases there.',
  source: 'docs/environment-yaml.md',
  when: ['deploy'],
  code: 'host-not-ready',
  decide({ folder, state }) {
    if (state === 'writable') return pass(`has ${folder}`);
    const owner = 'with the deploy’s user as its owner';
    if (state === 'missing') return fail(`has no folder ${folder}`, `on the host: mkdir -p ${folder}    ${owner}`);
    return fail(`has ${folder}, which the deploy’s user cannot write`, `on the host: chown <user> ${folder}`);
  },
};

export const hostDisk: Check<{ folder: string; freeBytes: number | undefined; neededBytes: number }> = {
  name: 'host-disk',
  kind: 'host',
  title: 'The disk of docker has room for the images',
  why: 'A disk that fills up in the middle of a pull also stops what runs: databases and logs write there too.',
  source: 'https://docs.docker.com/engine/daemon/#daemon-data-directory',
  when: ['deploy'],
  code: 'host-not-ready',
  decide({ folder, freeBytes, neededBytes }) {
    if (freeBytes === undefined) return unknown(`does not tell the free space of ${folder}`);
    const text = `${gigabytes(freeBytes)} free in ${folder}`;
    if (freeBytes >= neededBytes) return pass(`has ${text}`);
    return fail(
      `has only ${text}, and ${gigabytes(neededBytes)} are needed`,
      'docker system df    on the host shows what docker uses',
    );
  },
};

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Seconds. Tokens and signatures are refused outside of it. */
const LARGEST_SKEW = 300;

export const hostClock: Check<{ skewSeconds: number }> = {
  name: 'host-clock',
  kind: 'host',
  title: 'The clock of the host is right within five minutes',
  why: 'With a wrong clock, certificates, tokens and AWS signatures are refused, and logs cannot be read by time.',
  source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html',
  when: ['deploy'],
  code: 'host-not-ready',
  decide({ skewSeconds }) {
    const seconds = Math.abs(Math.round(skewSeconds));
    if (seconds <= LARGEST_SKEW) return pass('has the right time');
    const direction = skewSeconds > 0 ? 'ahead of' : 'behind';
    return fail(`has a clock that is ${seconds} s ${direction} this machine’s`, 'on the host: timedatectl set-ntp true');
  },
};

/** Its subject is the port. */
export const hostPort: Check<{ service: string; usedBy: string | undefined }> = {
  name: 'host-port',
  kind: 'port',
  title: 'The ports of the services are free',
  why: 'A container whose port is taken does not start, and by then the old one has been removed.',
  source: PORTS,
  when: ['deploy'],
  code: 'host-not-ready',
  decide({ service, usedBy }, port) {
    if (usedBy === undefined) return pass(`is free for ${service}`);
    return fail(`of ${service} is taken by ${usedBy}`, `on the host: ss -ltnp 'sport = :${port}'`);
  },
};
