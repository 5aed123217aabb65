import { INSTRUCTIONS, updateSettings } from './instructions';
import { atLine, attempt, refuse, type Recipe, type Refusal } from './recipe';
import { printedSettings, type ImageSettings } from './settings';
import type { EvaluatedRecipe, RecipeState } from './steps';
import { absolute, preserveAbsolute } from './values';

/** Applies the instructions of a recipe to the settings of its base. Never throws: returns the first unsupported instruction. */
export function evaluateRecipe(recipe: Recipe, base: ImageSettings): EvaluatedRecipe | Refusal {
  return attempt(() => {
    if ((base.OnBuild ?? []).length > 0)
      refuse({ line: recipe.line, keyword: 'FROM' }, `its base has triggers (ONBUILD ${base.OnBuild![0]}), which need an engine`);
    const state: RecipeState = {
      settings: base,
      steps: [],
      history: [],
      scope: new Map((base.Env ?? []).map(splitVariable)),
      hasCommand: false,
    };
    if (base.WorkingDir) updateSettings(state, { WorkingDir: preserveAbsolute(base.WorkingDir, absolute(base.WorkingDir)) });
    for (const stage of recipe.stages) {
      state.hasCommand = false;
      for (const line of stage) {
        const by = atLine(line, () => INSTRUCTIONS[line.keyword]!(state, line, recipe));
        const made = state.steps.at(-1)?.line === line.line ? { step: state.steps.length - 1 } : {};
        state.history.push({ by: `${line.keyword} ${by}`, ...made });
      }
    }
    const { steps, history, author } = state;
    return { settings: printedSettings(state.settings), steps, history, ...(author !== undefined && { author }) };
  });
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
