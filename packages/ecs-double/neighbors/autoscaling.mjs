// Application Auto Scaling, only so far that a deploy tool which asks it finds no scalable target.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
export function describeScalableTargets() {
  return { ScalableTargets: [] };
}

export function describeScalingPolicies() {
  return { ScalingPolicies: [] };
}
