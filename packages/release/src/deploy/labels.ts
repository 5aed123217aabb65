/** `family:revision` of an ARN, or of what is that already. */
export function shortDefinition(arn: string): string {
  return lastPart(arn);
}

/** A task as people type it. */
export function taskId(arn: string): string {
  return lastPart(arn);
}

export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export function countedTasks(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}

/** The part of an image's name that says which one it is: its digest, else its tag. */
export function imageWord(image: string | undefined): string {
  if (image === undefined) return 'nothing';
  const digest = /@sha256:([0-9a-f]{12})/.exec(image);
  if (digest) return digest[1]!;
  const tag = /:([^:/]+)$/.exec(image);
  return tag ? tag[1]! : 'latest';
}
