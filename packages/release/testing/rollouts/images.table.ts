import { NEW, OLD } from './kit';
import { type Row, rule, UI } from './row';

const AMD = `sha256:${'a'.repeat(64)}`;
const ARM = `sha256:${'b'.repeat(64)}`;
/** The new image is an index; its tasks run on amd64, so they may report it or its child for amd64. */
const INDEX = { ...UI, digests: [NEW, AMD] };
const images = (platforms: Record<string, string>) => ({
  [OLD]: { digest: OLD, bundles: ['old_bundle'] },
  [NEW]: { index: NEW, platforms, bundles: ['new_bundle'] },
});
const BOTH = { images: images({ 'linux/amd64': AMD, 'linux/arm64': ARM }) };
const NEW_UI = { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' };

/** Rollouts by the images in the registry, and by what tasks report of them. */
export const IMAGES: Row[] = [
  {
    name: 'an image index, and the task reports the manifest of its platform',
    wish: INDEX,
    scenario: BOTH,
    exit: 0,
    runs: NEW_UI,
  },
  {
    name: 'an image index, and the task reports the index',
    wish: INDEX,
    scenario: { ...BOTH, quirks: { digest: 'index' } },
    exit: 0,
    runs: NEW_UI,
  },
  {
    name: 'an image index, and the task reports the manifest of another platform',
    wish: INDEX,
    scenario: { ...BOTH, rules: [rule('ui', { digest: ARM })] },
    exit: 21,
    message: /A task runs sha256:bbbb/,
    runs: 'old',
  },
  {
    name: 'an image index without a manifest for the platform',
    wish: INDEX,
    scenario: { images: images({ 'linux/arm64': ARM }) },
    exit: 10,
    message: /does not contain descriptor matching platform 'linux\/amd64'/,
    runs: 'old',
  },
  {
    name: 'the registry does not have an image of a later wave',
    meanwhile: { missing: 'acme-ui@' },
    exit: 47,
    message: /acme-ui@sha256:2+ does not exist/,
    runs: 'old',
    writes: 'none',
  },
  {
    name: 'the registry does not have the image of exec',
    wish: { exec: true },
    meanwhile: { missing: 'acme-exec@' },
    exit: 47,
    message: /acme-exec@/,
    runs: 'old',
    writes: 'none',
  },
];
