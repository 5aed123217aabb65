import { type HostRelease, KdcubeError } from '@kdcube/release/internal';
import type { Host } from '../host/host';
import type { ComposePlace } from '../place';
import { bundlesFolder, currentFile, filesFolder, readReleases, releasesFolder } from '../releases';

/** How a release's images are called on the host: an image without a tag would go with `docker image prune`. */
function localTag({ project }: ComposePlace, service: string, { number }: HostRelease): string {
  return `localhost/kdcube/${project}/${service}:${number}`;
}

/** What follows a success: our compose file of what runs is written for people, the images get local tags, and old releases go. Problem `command-failed` if an image gets no tag: then no release is removed. */
export async function keepRelease(host: Host, place: ComposePlace, release: HostRelease, keep: number): Promise<void> {
  await host.writeFile(currentFile(place), Buffer.from(release.content.compose, 'utf8'), 0o600);
  await tagImages(host, place, release);
  await removeOldReleases(host, place, keep);
}

/** By service, `exec` included. */
function imagesOf({ content: { services, exec } }: HostRelease): [string, string][] {
  const all = Object.entries(services).map(([service, { image }]): [string, string] => [service.toLowerCase(), image]);
  return exec ? [...all, ['exec', exec.image]] : all;
}

async function tagImages(host: Host, place: ComposePlace, release: HostRelease): Promise<void> {
  for (const [service, image] of imagesOf(release)) {
    const tag = localTag(place, service, release);
    const { exitCode, stderr } = await host.run('docker', ['tag', image, tag]);
    if (exitCode === 0) continue;
    throw new KdcubeError({
      code: 'command-failed',
      message: `docker on ${host.name} cannot tag ${image} as ${tag}: ${stderr.trim().split('\n').at(-1)}`,
      hint: `docker tag ${image} ${tag}    on the host; without the tag, \`docker image prune\` removes the image`,
    });
  }
}

/** Keeps the last releases that succeeded. If one cannot be read, nothing is removed: it may need any of the files. */
async function removeOldReleases(host: Host, place: ComposePlace, keep: number): Promise<void> {
  const { releases, unreadable } = await readReleases(host, place);
  if (unreadable.length > 0) return;
  const needed = new Set(
    releases
      .filter(({ verdict }) => verdict === 'succeeded')
      .slice(0, keep)
      .map(({ number }) => number),
  );
  const old = releases.filter(({ number }) => !needed.has(number));
  for (const release of old) {
    for (const [service] of imagesOf(release)) await host.run('docker', ['image', 'rm', localTag(place, service, release)]);
    await host.remove(`${releasesFolder(place)}/${release.number}`);
  }
  const contents = releases.filter(({ number }) => needed.has(number)).map(({ content }) => content);
  const files = contents.flatMap(({ files: all }) => all.map(({ path }) => path.split('/')[2]!));
  const bundles = contents.flatMap(({ hostBundles }) => hostBundles?.folder.split('/').at(-1) ?? []);
  await removeOthers(host, filesFolder(place), files);
  await removeOthers(host, bundlesFolder(place), bundles);
}

/** Only folders that a deploy has named, by a hash. */
async function removeOthers(host: Host, folder: string, needed: readonly string[]): Promise<void> {
  for (const name of await host.list(folder))
    if (/^[0-9a-f]{32}$/.test(name) && !needed.includes(name)) await host.remove(`${folder}/${name}`);
}
