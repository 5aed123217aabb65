import { type HostRelease, OWN_FOLDER, parseHostRelease, printHostRelease } from '@kdcube/release/internal';
import type { Host } from './host/host';
import type { ComposePlace } from './place';

/** The releases that a host keeps. */
export interface KnownReleases {
  releases: HostRelease[];
  /** Numbers of releases that cannot be read. */
  unreadable: number[];
}

export async function readReleases(host: Host, place: ComposePlace): Promise<KnownReleases> {
  const names = await host.list(releasesFolder(place));
  const numbers = names.filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number);
  const found: KnownReleases = { releases: [], unreadable: [] };
  for (const number of numbers) {
    const bytes = await host.readFile(`${releasesFolder(place)}/${number}/release.json`);
    const release = bytes && parseHostRelease(Buffer.from(bytes).toString('utf8'));
    if (release?.number === number && release.environment === place.environment) found.releases.push(release);
    else found.unreadable.push(number);
  }
  found.releases.sort((a, b) => b.number - a.number);
  return found;
}

/** Writes each file of a release that is not there as it should be; the release itself last. */
export async function writeRelease(host: Host, place: ComposePlace, release: HostRelease): Promise<void> {
  const { content } = release;
  for (const { path, content: text, mode } of content.files) await writeIfChanged(host, `${place.directory}/${path}`, text, mode);
  await writeIfChanged(host, composeFile(place, release), content.compose, 0o600);
  await writeIfChanged(host, `${releasesFolder(place)}/${release.number}/release.json`, printHostRelease(release), 0o600);
}

/** Our compose file of a release. */
export function composeFile(place: ComposePlace, { number }: HostRelease): string {
  return `${releasesFolder(place)}/${number}/compose.yaml`;
}

/** The compose file of what runs, for people: it is the same after each deploy. */
export function currentFile({ directory }: ComposePlace): string {
  return `${directory}/${OWN_FOLDER}/compose.yaml`;
}

export function releasesFolder({ directory }: ComposePlace): string {
  return `${directory}/${OWN_FOLDER}/releases`;
}

export function filesFolder({ directory }: ComposePlace): string {
  return `${directory}/${OWN_FOLDER}/files`;
}

/** Copies of the bundles in images. */
export function bundlesFolder({ directory }: ComposePlace): string {
  return `${directory}/${OWN_FOLDER}/bundles`;
}

async function writeIfChanged(host: Host, path: string, text: string, mode: number): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  const found = await host.readFile(path);
  if (found === undefined || !bytes.equals(found)) await host.writeFile(path, bytes, mode);
}
