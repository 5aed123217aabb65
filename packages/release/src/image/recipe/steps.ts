import type { ImageSettings } from './settings';
import type { Owner } from './values';

/** `COPY` or `ADD`: the paths in the build context and their destination. */
export interface CopyStep extends Owner {
  step: 'copy';
  line: number;
  instruction: string;
  /** With variables expanded; relative to the build context, even with a leading slash. */
  sources: string[];
  /** Absolute. A trailing `/` is preserved: it marks a folder. */
  to: string;
  /** The mode of files and folders alike; undefined: each keeps its own mode. */
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

/** The effect of the instructions on a base image. */
export interface EvaluatedRecipe {
  settings: ImageSettings;
  author?: string;
  steps: RecipeStep[];
  /** The OCI history, one entry for each instruction; `step` is an index into `steps`. */
  history: { by: string; step?: number }[];
}

/** The effect of the instructions up to a line. */
export interface RecipeState extends EvaluatedRecipe {
  /** Variables. */
  scope: Map<string, string>;
  /** Whether this stage has a CMD: ENTRYPOINT does not reset it then. */
  hasCommand: boolean;
}
