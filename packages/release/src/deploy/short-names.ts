/** `family:revision` of a task definition's ARN, or of a name that already has this form. */
export function familyRevision(arn: string): string {
  return arnResource(arn);
}

/** The id in a task's ARN, as `aws ecs` takes it. */
export function taskId(arn: string): string {
  return arnResource(arn);
}

/** What follows the last slash of an ARN. */
function arnResource(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export function formatTaskCount(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}

/** The part of an image reference that tells versions apart: the short digest, else the tag. */
export function shortImage(image: string | undefined): string {
  if (image === undefined) return 'none';
  const digest = /@sha256:([0-9a-f]{12})/.exec(image);
  if (digest) return digest[1]!;
  const tag = /:([^:/]+)$/.exec(image);
  return tag ? tag[1]! : 'latest';
}
