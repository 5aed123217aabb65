// Names and numbers in Amazon's format, the same in every run: they come from a seed and a counter, never from chance or the real time.
// Shapes: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-arn (the long ARN format).
import { createHash } from 'node:crypto';

/** @param {string} [seed] */
export function makeIds(seed = 'ecs-double') {
  let count = 0;
  /** @param {string} kind */
  const hex = (kind) =>
    createHash('sha256')
      .update(`${seed}/${kind}/${(count += 1)}`)
      .digest('hex');
  return {
    /** A task's id: 32 hex digits. */
    task: () => hex('task').slice(0, 32),
    uuid: () => hex('uuid').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5'),
    /** What follows ecs-svc/, and a service revision's id: 19 digits. */
    number: () => String(BigInt(`0x${hex('number').slice(0, 15)}`) + 10n ** 18n).slice(0, 19),
    /** A service deployment's id: 21 characters. */
    short: () => Buffer.from(hex('short'), 'hex').toString('base64url').slice(0, 21),
  };
}

/**
 * @param {{ region: string, account: string }} world
 * @param {string} path
 */
export function arn(world, path) {
  return `arn:aws:ecs:${world.region}:${world.account}:${path}`;
}

/**
 * What comes after the last slash or, of a name, all of it.
 * @param {string} text
 */
export function lastPart(text) {
  return text.slice(text.lastIndexOf('/') + 1);
}

/**
 * One address a task, from its id.
 * @param {{ id: string }} options
 */
export function address({ id }) {
  /** @param {number} from */
  const part = (from) => parseInt(id.slice(from, from + 2), 16);
  return `10.0.${part(0)}.${part(2)}`;
}

/** @param {number | undefined} ms */
export function seconds(ms) {
  return ms === undefined ? undefined : ms / 1000;
}

/**
 * Without the members that are undefined: what Amazon has nothing to say about, it leaves out.
 * @param {object} value
 */
export function compact(value) {
  /** @type {Record<string, unknown>} */
  const result = {};
  for (const [key, part] of Object.entries(value)) if (part !== undefined) result[key] = part;
  return result;
}
