import * as z from 'zod';
import { json, offline } from '../options';

export const description =
  'Stage the bundle: write its files to dist/stage, byte for byte as git has them. A pinned bundle is read from its pinned commit, a workspace bundle from its folder.';
export const examples = [
  { command: 'nx run my-bundle:stage', description: 'Stage one bundle' },
  { command: 'nx run-many -t stage', description: 'Stage every bundle of the release' },
];

export const StageOptions = z.strictObject({ offline, json });
export type StageOptions = z.infer<typeof StageOptions>;
