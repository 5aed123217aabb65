import type { ImageSettings } from './settings';
import type { Owner } from './values';

/** `COPY` or `ADD`: which paths of the build context are copied where. */
export interface CopyStep extends Owner {
  step: 'copy';
  line: number;
  instruction: string;
  /** With variables expanded; relative to the build context, even with a leading slash. */
  sources: string[];
  /** Absolute. A trailing `/` is preserved: it marks a folder. */
  to: string;
  /** Of files and folders alike; undefined: each keeps its own mode. */
  mode?: number;
  /** `ADD` unpacks archives, which is not supported: no source may be one. */
  unpacks: boolean;
}

/** `WORKDIR`: creates the folder if it does not exist. */
export interface FolderStep {
  step: 'folder';
  line: number;
  instruction: string;
  path: string;
  /** The owner of a created folder: the USER at that line, as written. */
  user?: string;
}

type RecipeStep = CopyStep | FolderStep;

/** What the instructions make of a base image. */
export interface EvaluatedRecipe {
  settings: ImageSettings;
  author?: string;
  steps: RecipeStep[];
  /** The OCI history, one entry for each instruction; `step` is an index into `steps`. */
  history: { by: string; step?: number }[];
}

/** What the instructions up to a line have made. */
export interface RecipeState extends EvaluatedRecipe {
  /** Variables. */
  scope: Map<string, string>;
  /** Whether this stage has a CMD: ENTRYPOINT does not reset it then. */
  hasCommand: boolean;
}
