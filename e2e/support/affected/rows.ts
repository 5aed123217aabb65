import { entrypoint, EXEC, NEXT_PLATFORM, PROC, type Shop, UI } from './shop';
import { PLATFORM_REF } from '../workspace';

/** A committed change, and all of its effects. */
export interface Row {
  name: string;
  change(shop: Shop): void | Promise<unknown>;
  /** Whether `nx sync` runs before the commit. */
  sync?: true;
  /** Every task of the targets test, stage and docker-push that runs. */
  runs: string[];
  /** The same if Nx affects whole projects: Nx 22 and 23, and 24 with affected.legacy. Default: `runs`. */
  legacyRuns?: string[];
  /** The images that change. Every other docker-push that runs reuses the image in the registry. */
  builds?: string[];
}

const PUSHES = [`${PROC}:docker-push`, `${EXEC}:docker-push`];
const BOTH = [PROC, EXEC];

const bumpOneRef: Row = {
  name: 'the ref of one bundle is bumped',
  change: (shop) => shop.editRelease('v1.0.0', 'v1.1.0'),
  sync: true,
  runs: ['weather@1-0-0:stage', ...PUSHES],
  builds: BOTH,
};

const removeBundle: Row = {
  name: 'a pinned bundle is removed',
  change: (shop) => shop.editRelease(/ {4}- id: "weather[^#]*?(?= {4}#)/, ''),
  sync: true,
  runs: PUSHES,
  builds: BOTH,
};

const readme: Row = {
  name: 'a README and a page of docs change',
  change: ({ workspace }) => workspace.write({ 'README.md': '# Acme\n', 'docs/how.md': '# How else\n', 'docs/new.md': 'New\n' }),
  runs: [],
};

const renameRelease: Row = {
  name: 'release_name changes',
  change: (shop) => shop.editRelease('acme-1', 'acme-2'),
  sync: true,
  runs: [],
};

const editPinnedFolder: Row = {
  name: 'the folder of a pinned bundle that is in this repository is edited',
  change: ({ workspace }) => workspace.write({ 'bundles/local/entrypoint.py': entrypoint('three') }),
  runs: ['local:test'],
  // The whole project is affected; the pushes reuse their images by content key.
  legacyRuns: ['local:stage', 'local:test', ...PUSHES],
};

export const ROWS: Row[] = [
  bumpOneRef,
  {
    name: 'the ref of a pinned bundle from this repository is bumped',
    change: (shop) => shop.editRelease('local-1', 'local-2'),
    sync: true,
    runs: ['local:stage', ...PUSHES],
    builds: BOTH,
  },
  {
    name: 'frontend.ref is bumped: only the image that copies the frontend',
    change: (shop) => shop.editRelease('ui-1', 'ui-2'),
    sync: true,
    runs: [`${UI}:docker-push`],
    builds: [UI],
  },
  {
    name: 'platform.ref is bumped',
    change: (shop) => shop.editRelease(PLATFORM_REF, NEXT_PLATFORM),
    sync: true,
    runs: PUSHES,
    builds: BOTH,
  },
  {
    name: 'a bundle is added, by the generator',
    change: (shop) => shop.mustNx('g @kdcube/nx:bundle extra'),
    sync: true,
    runs: ['extra:stage', 'extra:test', ...PUSHES],
    builds: BOTH,
  },
  removeBundle,
  {
    name: 'a workspace bundle is removed, with its folder',
    change(shop) {
      shop.workspace.write({ 'bundles/hello': null });
      shop.editRelease(/ {4}- id: "hello"\n.*\n/, '');
      shop.editRelease('default_bundle_id: "hello"', 'default_bundle_id: "local"');
    },
    sync: true,
    runs: PUSHES,
    builds: BOTH,
  },
  {
    name: 'a bundle is renamed, with its folder',
    change(shop) {
      shop.workspace.git('mv', 'bundles/hello', 'bundles/greeting');
      shop.editRelease('- id: "hello"', '- id: "greeting"');
      shop.editRelease('default_bundle_id: "hello"', 'default_bundle_id: "greeting"');
    },
    sync: true,
    runs: ['greeting:stage', 'greeting:test', ...PUSHES],
    builds: BOTH,
  },
  {
    name: 'a workspace bundle is edited',
    change: ({ workspace }) => workspace.write({ 'bundles/hello/entrypoint.py': entrypoint('hello again') }),
    runs: ['hello:stage', 'hello:test', ...PUSHES],
    builds: BOTH,
  },
  {
    name: 'a workspace bundle gets files that belong to another project in Nx: they are content of the bundle nevertheless',
    change: ({ workspace }) =>
      workspace.write({
        'bundles/hello/widget/project.json': '{"name":"widget"}\n',
        'bundles/hello/widget/page.html': '<p>hello</p>\n',
      }),
    runs: ['hello:stage', 'hello:test', ...PUSHES],
    builds: BOTH,
  },
  editPinnedFolder,
  {
    name: 'one Dockerfile is edited',
    change: ({ workspace }) => {
      const file = `images/${PROC}/Dockerfile_ChatProcBundled`;
      workspace.write({ [file]: `${workspace.read(file)}ENV ACME=1\n` });
    },
    runs: [`${PROC}:docker-push`],
    builds: [PROC],
  },
  {
    name: 'an own file of one image is edited',
    change: ({ workspace }) => workspace.write({ [`images/${UI}/theme.json`]: '{"color":"blue"}\n' }),
    runs: [`${UI}:docker-push`],
    builds: [UI],
  },
  {
    name: 'release.yaml is reordered, quoted differently and commented',
    change({ workspace }) {
      const [head, items] = workspace.read('release.yaml').split('  items:\n') as [string, string];
      const [hello, weather, local] = items.split(/(?= {4}- id)/) as [string, string, string];
      const text = `# Ours\n${head}  items: # all of them\n${local}${weather.replaceAll('"', "'")}${hello}`;
      workspace.write({ 'release.yaml': text.replace('ref: "ui-1"', 'ref: ui-1 # the blue one') });
    },
    sync: true,
    runs: [],
  },
  renameRelease,
  { name: 'the commit is empty', change: () => {}, runs: [] },
  {
    name: 'a tag was moved to the same tree, and its pin deleted',
    change({ workspace, weather }) {
      weather.tag('v1.0.0', { at: 'same-tree' });
      workspace.write({ 'pins/bundles/weather@1-0-0/pin.json': null });
    },
    sync: true,
    runs: ['weather@1-0-0:stage', ...PUSHES],
  },
  readme,
  {
    name: 'the tag of a base moved, and its pin stays',
    change: (shop) => shop.moveBase(PLATFORM_REF, 'patched'),
    sync: true,
    runs: [],
  },
  {
    name: 'the tag of a base moved, and the pin of its image was deleted',
    async change(shop) {
      await shop.moveBase(PLATFORM_REF, 'patched');
      shop.workspace.write({ [`pins/images/${PROC}/pin.json`]: null });
    },
    sync: true,
    runs: [`${PROC}:docker-push`],
    builds: [PROC],
  },
];

/** The rows that run on every version of Nx. */
export const SMOKE: Row[] = [bumpOneRef, removeBundle, editPinnedFolder, readme, renameRelease];
