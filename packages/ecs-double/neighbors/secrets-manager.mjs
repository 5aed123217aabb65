// Secrets of AWS Secrets Manager: their current version, and those before it.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html and its neighbours
import { fail } from '../protocol/aws-error.mjs';

/** @import { Request, Secret, World } from '../state/types.d.ts' */

/** "The text data to encrypt and store … Maximum length of 65536." */
const LARGEST_BYTES = 65_536;

/**
 * What is there in the beginning: name → { value } or { text }, and `deleted` for one that is scheduled for deletion.
 * @param {World} world
 * @param {Record<string, { value?: object, text?: string, version?: string, deleted?: boolean }>} [given]
 */
export function setSecrets(world, given = {}) {
  for (const [name, { value, text = JSON.stringify(value), version = world.ids.uuid(), deleted = false }] of Object.entries(
    given,
  )) {
    const secret = world.secrets.get(name) ?? addSecret(world, name);
    secret.deleted = deleted;
    secret.versions.push({ id: version, text, createdAt: world.clock.now() });
  }
}

/**
 * @param {World} world
 * @param {string} name
 * @returns {Secret}
 */
function addSecret(world, name) {
  const suffix = world.ids
    .short()
    .replace(/[^A-Za-z0-9]/g, 'x')
    .slice(0, 6);
  const secret = {
    name,
    arn: `arn:aws:secretsmanager:${world.region}:${world.account}:secret:${name}-${suffix}`,
    deleted: false,
    versions: [],
  };
  world.secrets.set(name, secret);
  return secret;
}

/**
 * @param {World} world
 * @param {Request} request
 */
export function getSecretValue(world, { SecretId: id, VersionId: wanted }) {
  const secret = findSecret(world, id);
  // The wording of published error reports.
  if (secret.deleted)
    throw fail('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.");
  const version = wanted === undefined ? current(secret) : secret.versions.find((one) => one.id === wanted);
  if (!version)
    throw fail('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for VersionId: ${wanted}`);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    SecretString: version.text,
    ...(version === current(secret) && { VersionStages: ['AWSCURRENT'] }),
    CreatedDate: version.createdAt / 1000,
  };
}

/**
 * @param {World} world
 * @param {Request} request
 */
export function describeSecret(world, { SecretId: id }) {
  const { arn, name, deleted, versions } = findSecret(world, id);
  const stages = Object.fromEntries(
    versions.slice(-2).map((version) => [version.id, [version === versions.at(-1) ? 'AWSCURRENT' : 'AWSPREVIOUS']]),
  );
  return { ARN: arn, Name: name, VersionIdsToStages: stages, ...(deleted && { DeletedDate: world.clock.now() / 1000 }) };
}

/**
 * "If a version with this value already exists and that version's SecretString and SecretBinary values are the same as those in the request, then the request is ignored (the operation is idempotent)."
 * @param {World} world
 * @param {Request} request
 */
export function createSecret(world, { Name: name, SecretString: text, ClientRequestToken: token = world.ids.uuid() }) {
  const existing = world.secrets.get(name);
  checkSize(text);
  if (existing?.deleted)
    throw fail(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  if (existing && !hasVersion(existing, token, text))
    throw fail('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
  const secret = existing ?? addSecret(world, name);
  if (!existing) secret.versions.push({ id: token, text, createdAt: world.clock.now() });
  return { ARN: secret.arn, Name: name, VersionId: token };
}

/**
 * @param {World} world
 * @param {Request} request
 */
export function putSecretValue(world, { SecretId: id, SecretString: text, ClientRequestToken: token = world.ids.uuid() }) {
  const secret = findSecret(world, id);
  checkSize(text);
  if (secret.deleted)
    throw fail('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.");
  if (secret.versions.some((version) => version.id === token) && !hasVersion(secret, token, text))
    throw fail('ResourceExistsException', 'A resource with the ID you requested already exists.');
  if (!hasVersion(secret, token, text)) secret.versions.push({ id: token, text, createdAt: world.clock.now() });
  return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: ['AWSCURRENT'] };
}

/** @param {string} text */
function checkSize(text) {
  if (Buffer.byteLength(text) > LARGEST_BYTES)
    throw fail('InvalidParameterException', `Failed to create the secret: SecretString is longer than ${LARGEST_BYTES} bytes.`);
}

/**
 * @param {Secret} secret
 * @param {string} token
 * @param {string} text
 */
function hasVersion(secret, token, text) {
  return secret.versions.some((version) => version.id === token && version.text === text);
}

/** @param {Secret} secret */
function current(secret) {
  const version = secret.versions.at(-1);
  if (!version)
    throw fail(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    );
  return version;
}

/**
 * @param {World} world
 * @param {string} id
 */
function findSecret(world, id) {
  const found = world.secrets.get(id) ?? [...world.secrets.values()].find(({ arn }) => arn === id);
  if (!found) throw fail('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  return found;
}

/**
 * The value of a secret for the platform, which ignores what it cannot read.
 * @param {World} world
 * @param {string} name
 * @returns {Request | undefined}
 */
export function secretValue(world, name) {
  const secret = world.secrets.get(name);
  if (!secret || secret.deleted) return undefined;
  try {
    const value = JSON.parse(secret.versions.at(-1)?.text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
