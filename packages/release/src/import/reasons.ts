/**
 * Why something is not the same after an import: a closed list, so that a difference that nobody thought of has no reason and is seen. docs/importing.md is printed from it.
 */
export const IMPORT_REASONS = {
  made: 'The environment makes it from other keys of its own, which say now what it said, or from the release.',
  off: 'It belongs to something that is off here: nobody reads it.',
  secret: 'A secret’s value is never copied: its name gets a reference, and a person puts the value there.',
  misnamed: 'The platform does not read it under this name.',
  replica: 'It must be another one in every replica: the platform makes it.',
  empty: 'It was empty: the platform takes its own default either way.',
  placeholder: 'It came along, and is a placeholder that nobody filled in.',
  name: 'No variable can have this name, or another one is the same by another name, or differs in case only.',
  value: 'Its value cannot be taken: no process can have it, or what it refers to cannot be named.',
  default:
    'It was not said, and now is: what the platform and ECS take anyway, written down so that it does not hang on an image’s default.',
  interpolated: 'It is compose’s own, for `${…}` in its files: no container is told it.',
  image:
    'An environment names an image by digest, or by its name in the release; what belongs to an image that is named otherwise waits for it.',
  gateway: 'The platform does not read this of its gateway, or not this value of it.',
  'gateway-one': 'The platform needs one gateway for all its parts.',
  slices: 'Beside ingress and proc the platform throws it away: it is written into both.',
  service: 'It stays as it is: a deploy changes a service’s task definition and count, and nothing else.',
  stranger: 'It does not look like a part of the platform.',
  unread: 'It could not be read.',
  registry: 'An environment has one registry for the images of the release.',
  'compose-key': 'The environment has no place for this key of compose.',
  'compose-value': 'This value of it has no place in the environment.',
  variable: 'Compose takes it from the shell that it is started in, which an import does not look at.',
  profile: 'Compose starts it only with a profile that is not on.',
} as const;

export type ImportReason = keyof typeof IMPORT_REASONS;
