// Application Auto Scaling, only so far that a deployer which looks there finds that nothing scales the service.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
export function describeScalableTargets() {
  return { ScalableTargets: [] };
}

export function describeScalingPolicies() {
  return { ScalingPolicies: [] };
}
