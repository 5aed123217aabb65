import { KdcubeError, quoted, type Problem } from '../problem/problem';
import { isTag } from './tags';

/** A registry as the user types it: `127.0.0.1:5000`, `ghcr.io/org`. `prefix` is the path after the host, without leading and trailing slashes; '' for none. */
export interface RegistryName {
  host: string;
  prefix: string;
}

/** An image by its full name. `docker.io` and Docker Hub's `library/` are explicit; a missing tag stays undefined. */
export interface ImageReference {
  host: string;
  repository: string;
  tag?: string;
  digest?: string;
}

const HUB = 'docker.io';
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:.]+\\])(?::([0-9]{1,5}))?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const EXAMPLES = 'for example 123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme, ghcr.io/org or 127.0.0.1:5000';

/** `sha256:` and 64 lower-case hexadecimal digits: the only digests that this project reads and writes. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** A valid repository name of the registry protocol: lower case, parts joined by slashes, at most 255 characters. */
export function isRepository(text: string): boolean {
  return text.length <= 255 && text.split('/').every((part) => COMPONENT.test(part));
}

/** Parses a registry as the user types it. Throws the Problem `registry-name`, whose hint is the corrected text if there is one. */
export function parseRegistry(text: string): RegistryName {
  const read = readRegistry(text);
  if ('code' in read) throw new KdcubeError(read);
  return read;
}

/** Parses a registry as the user types it, or returns the Problem `registry-name`. */
export function readRegistry(text: string): RegistryName | Problem {
  const reason = whyNotRegistry(text);
  if (reason) {
    const better = corrected(text);
    const hint = better !== text && !whyNotRegistry(better) ? better : EXAMPLES;
    return { code: 'registry-name', message: `${nameShown(text)} is not a registry: ${reason}`, hint };
  }
  const [host, prefix] = splitHost(text);
  return { host: canonicalHost(host), prefix };
}

/**
 * Parses an image as in a FROM line, with docker's rule for short names: `python:3.12` is `docker.io/library/python:3.12`, and the first
 * part is a host only if it has a dot or a port, or is `localhost`. Throws the Problem `registry-name`, or `unsafe-tag` for the tag.
 */
export function parseImageReference(text: string): ImageReference {
  const refuse = (reason: string): never => {
    throw new KdcubeError({
      code: 'registry-name',
      message: `${nameShown(text)} is not an image: ${reason}`,
      hint: 'for example python:3.12-slim or ghcr.io/org/image:1.0',
    });
  };
  if (text === '') refuse('it is empty.');
  if (/\s/.test(text)) refuse('it contains a space or a line break.');
  if (text.includes('://')) refuse('it starts with a scheme, and image names have none.');
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    refuse('after "@" comes a digest, "sha256:" and 64 hexadecimal digits in lower case.');
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !isTag(tag)) {
    throw new KdcubeError({
      code: 'unsafe-tag',
      message: `${quoted(tag)} in ${nameShown(text)} is not an image tag.`,
      hint: TAG_RULE,
    });
  }
  const name = colon < 0 ? named : named.slice(0, colon);
  if (/^[0-9a-f]{64}$/.test(name)) refuse('64 hexadecimal digits are the id of a local image, which no registry knows.');
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = looksLikeHost(first);
  if (hasHost && !isHost(first)) refuse(`${quoted(first)} is not a host name.`);
  const host = hasHost ? canonicalHost(first) : HUB;
  const path = hasHost ? name.slice(slash + 1) : name;
  const repository = host === HUB && !path.includes('/') ? `library/${path}` : path;
  if (path !== path.toLowerCase()) refuse('a repository is written in lower case.');
  if (!isRepository(repository))
    refuse('a repository is made of letters, digits and single separators (. _ -), its parts joined by slashes.');
  return { host, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

const TAG_RULE = 'at most 128 letters, digits, dots, dashes and underscores, with no dot or dash first';

/** The repository of `image` in a registry: its prefix, then the image's name. Throws the Problem `registry-name` if the result is invalid. */
export function repositoryOf(registry: RegistryName, image: string): string {
  const repository = registry.prefix ? `${registry.prefix}/${image}` : image;
  if (isRepository(repository)) return repository;
  throw new KdcubeError({
    code: 'registry-name',
    message: `${quoted(repository)} is not a repository: its parts are lower-case letters, digits and single separators (. _ -), at most 255 characters in all.`,
    hint: 'rename the image folder, or give a registry with another path',
  });
}

/** The reference in a manifest request: the digest, else the tag, else `latest`, as in docker. */
export function manifestName(image: ImageReference): string {
  return image.digest ?? image.tag ?? 'latest';
}

/** The full name of a registry or an image, as it can be typed. */
export function shown(name: RegistryName | ImageReference): string {
  if ('prefix' in name) return name.prefix ? `${name.host}/${name.prefix}` : name.host;
  return `${name.host}/${name.repository}${name.tag === undefined ? '' : `:${name.tag}`}${name.digest === undefined ? '' : `@${name.digest}`}`;
}

function whyNotRegistry(text: string): string | undefined {
  if (text === '') return 'it is empty.';
  if (/\s/.test(text)) return 'it contains a space or a line break.';
  if (text.includes('://')) return 'it starts with a scheme. A registry is a host and, where there is one, a path.';
  if (text.includes('@'))
    return 'it contains "@". User names, passwords and digests do not belong here; log in with docker login.';
  if (text.endsWith('/')) return 'it ends with a slash.';
  const [host, prefix] = splitHost(text);
  if (prefix.includes(':')) return 'it ends with a tag. The tags of an image are made by the release.';
  if (text !== text.toLowerCase()) return 'registries and repositories are written in lower case.';
  if (!isHost(host)) return `${quoted(host)} is not a host name.`;
  if (!looksLikeHost(host))
    return `${quoted(host)} could be an organisation or a host. A host has a dot or a port, or is localhost.`;
  if (text.includes('/') && !isRepository(prefix)) {
    return 'the path under the host is made of letters, digits and single separators (. _ -), its parts joined by slashes.';
  }
  if (canonicalHost(host) === HUB && prefix === '') return 'the hub needs an organisation.';
  return undefined;
}

/** Removes what users paste along: a scheme, user information, a digest, a tag, extra slashes, upper case. A bare word is an image of Docker Hub. */
function corrected(text: string): string {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/@sha256:[0-9a-f]*$/, '')
    .replace(/^[^/]*@/, '')
    .replace(/\/+/g, '/')
    .replace(/\/$/, '');
  const untagged = bare.includes('/') ? bare.replace(/:[^/:]*$/, '') : bare;
  return /^[a-z0-9_-]+$/.test(untagged) && untagged !== 'localhost' ? `${HUB}/${untagged}` : untagged;
}

function splitHost(text: string): [host: string, rest: string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
}

function looksLikeHost(text: string): boolean {
  return text === 'localhost' || /[.:]/.test(text) || text !== text.toLowerCase();
}

/** A valid registry host: a DNS name, an IPv4 address or an IPv6 address in brackets, in lower case, with or without a port. */
export function isHost(text: string): boolean {
  if (text.length > 255) return false;
  const match = HOST.exec(text);
  if (!match) return false;
  return match[1] === undefined || (Number(match[1]) >= 1 && Number(match[1]) <= 65_535);
}

function canonicalHost(host: string): string {
  return host === 'index.docker.io' ? HUB : host;
}

/** The name for a message, without a pasted user name and password. */
function nameShown(text: string): string {
  return quoted(text.replace(/(^|\/\/)[^/]*@(?!sha256:)/, '$1…@'));
}

/** The region of an Amazon ECR host; undefined for every other host. */
export function ecrRegion(host: string): string | undefined {
  return /^[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/.exec(
    host,
  )?.[1];
}
