/**
 * Why something differs after an import. The list is closed, so that an unexpected difference fails a test. docs/importing.md is printed from it.
 */
export const IMPORT_REASONS = {
  made: 'The environment generates it from its other keys, or from the release.',
  off: 'It belongs to a feature that is off: nothing reads it.',
  secret: 'The value of a secret is never copied: its name gets a reference, and you store the value there.',
  misnamed: 'The platform does not read it under this name.',
  replica: 'It must be unique for each replica: the platform generates it.',
  empty: 'It was empty: the platform uses its default either way.',
  placeholder: 'It was imported, but is a placeholder that was not filled in.',
  name: 'The name is invalid, or another variable is the same setting, or differs only in case.',
  value: 'Its value is invalid: no process can have it, or it refers to something unknown.',
  default:
    'It was not set, and now is: the default of the platform and ECS, written down so that it does not depend on the image.',
  interpolated: 'Compose uses it for `${…}` in its files: no container gets it.',
  image: 'An environment names an image by digest, or by its name in the release: settings of any other image are left out.',
  gateway: 'The platform does not read this key of the gateway, or not with this value.',
  'gateway-one': 'The platform needs the same gateway for all components.',
  slices: 'The platform ignores it beside ingress and proc: it is written into both.',
  service: 'It does not change: a deploy only changes the task definition and the desired count of a service.',
  sidecar: 'Another container of its task: it stays as it is. If it is the one of the service, name it.',
  stranger: 'It does not look like a component of the platform.',
  unread: 'It could not be read.',
  registry: 'An environment has one registry for the images of the release.',
  'compose-key': 'The environment has no place for this key of compose.',
  'compose-value': 'The environment has no place for this value.',
  variable: 'Compose takes it from its shell, which an import does not read.',
  profile: 'Compose starts it only with a profile that is not enabled.',
} as const;

export type ImportReason = keyof typeof IMPORT_REASONS;
