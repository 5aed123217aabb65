import * as fs from 'node:fs';
import * as path from 'node:path';
import { platformImages, printPin } from '@kdcube/release/internal';
import { type Acme, acme, dockerDouble } from './acme-kit';
import { restoreVariables } from './aws-kit';
import { captureOutput } from './capture-output';
import { type Double, putImage, registryDouble } from './registry-kit';

/** The platform.ref of the workspace. */
export const PLATFORM_REF = '2026.7.20.444';

/** A workspace that mirrors the platform's images from a second registry. */
export interface PublishedWorld {
  ours: Acme;
  /** The registry that the platform publishes to. */
  source: Double;
  digests: Map<string, string>;
  /** What was said since the test last cleared it. */
  output: string;
  /** The text of a pin. Default: of the ref that was published. */
  pinOf(name: string, ref?: string): string;
}

/** For each test of a file such a workspace, all images pinned and committed. */
export function capturePublished(): PublishedWorld {
  const variables = { ...process.env };
  const at = {
    digests: new Map<string, string>(),
    output: '',
    pinOf: (name: string, ref = PLATFORM_REF) =>
      printPin({ pin: 1, ref, source: `${at.source.host}/kdcube/${name}`, digest: at.digests.get(name)!, manifests: [] }),
  } as PublishedWorld;
  beforeEach(async () => {
    at.ours = await acme();
    dockerDouble(at.ours);
    at.source = await registryDouble();
    const names = platformImages(PLATFORM_REF);
    for (const name of names) at.digests.set(name, await putImage(at.source.host, `kdcube/${name}`, PLATFORM_REF, name));
    const release = fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8');
    at.ours.commit({
      'release.yaml': release.replace(`"${PLATFORM_REF}"`, `"${PLATFORM_REF}", registry: "${at.source.host}/kdcube"`),
      ...Object.fromEntries(names.map((name) => [`pins/platform/${name}/pin.json`, at.pinOf(name)])),
    });
    at.output = '';
    captureOutput((text) => (at.output += text));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await at.source.close();
    await at.ours.end();
    restoreVariables(variables);
  });
  return at;
}
