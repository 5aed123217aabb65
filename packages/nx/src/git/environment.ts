/** Where git runs, and its settings there. */
export interface GitContext {
  cwd: string;
  env?: Record<string, string | undefined>;
  /** Settings for this place only. They are passed in the environment, so a URL with a secret never shows in the process list. */
  config?: Record<string, string>;
}

/** Variables that a hook or a wrapper around this process may have set, and that would point git to another repository. */
const CLEARED_VARIABLES = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_INDEX_VERSION',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_QUARANTINE_PATH',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_GRAFT_FILE',
  'GIT_REPLACE_REF_BASE',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_ATTR_SOURCE',
  'GIT_DEFAULT_HASH',
  'GIT_REDIRECT_STDIN',
  'GIT_REDIRECT_STDOUT',
  'GIT_REDIRECT_STDERR',
];

/** Settings of every call: git starts nothing in the background (hooks, monitors, maintenance) and never prompts. */
const CONFIG: Record<string, string> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.askPass': '',
  'core.safecrlf': 'false',
  'core.splitIndex': 'false',
  'credential.interactive': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'fetch.writeCommitGraph': 'false',
  'color.ui': 'false',
};

/**
 * The environment of git: English messages, no prompt of any kind (terminal, askpass, credential manager), only transports that cannot run
 * a program chosen by the remote, no replaced objects, literal paths, and the user's index is never refreshed.
 */
export function gitEnvironment(context: GitContext): Record<string, string | undefined> {
  const cleared = Object.fromEntries(CLEARED_VARIABLES.map((name) => [name, undefined]));
  return {
    ...cleared,
    LC_ALL: 'C',
    LANGUAGE: undefined,
    GIT_TERMINAL_PROMPT: '0',
    // Set but empty: git then runs no askpass program at all, not even SSH_ASKPASS.
    GIT_ASKPASS: '',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
    GIT_ALLOW_PROTOCOL: 'file:ssh:https',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    ...context.env,
    ...configVariables({ ...CONFIG, ...context.config }),
  };
}

/** Appends settings to those that this process was given (CI passes credentials in this way). */
function configVariables(settings: Record<string, string>): Record<string, string> {
  const before = Number(process.env.GIT_CONFIG_COUNT ?? 0) || 0;
  const entries = Object.entries(settings);
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(before + entries.length) };
  entries.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${before + index}`] = key;
    env[`GIT_CONFIG_VALUE_${before + index}`] = value;
  });
  return env;
}
