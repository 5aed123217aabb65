// How production traffic moves to the new revision: API_LinearConfiguration.html, API_CanaryConfiguration.html. Minutes after each step.

/** @import { DeploymentConfiguration, ServiceDeployment } from '../../state/types.d.ts' */

/**
 * @param {DeploymentConfiguration} configuration
 * @returns {{ percent: number, wait: number }[]}
 */
export function trafficSteps({ strategy, linearConfiguration = {}, canaryConfiguration = {} }) {
  const all = { percent: 100, wait: 0 };
  if (strategy === 'CANARY') {
    const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = canaryConfiguration;
    return [{ percent: canaryPercent, wait: canaryBakeTimeInMinutes }, all];
  }
  if (strategy !== 'LINEAR') return [all];
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = linearConfiguration;
  const count = Math.ceil(100 / stepPercent) - 1;
  const steps = Array.from({ length: count }, (_, index) => ({
    percent: stepPercent * (index + 1),
    wait: stepBakeTimeInMinutes,
  }));
  return [...steps, all];
}

/**
 * Of a revision in its service deployment, in percent.
 * @param {ServiceDeployment} one
 * @param {string} revision
 */
export function trafficWeights({ native, target, sources, status }, revision) {
  if (!native) return {};
  const isBack = /^ROLLBACK/.test(status);
  const production = isBack ? 0 : native.production;
  const test = isBack ? 0 : native.test;
  if (revision === target) return { requestedTestTrafficWeight: test, requestedProductionTrafficWeight: production };
  const isFirst = revision === sources[0];
  return {
    requestedTestTrafficWeight: isFirst ? 100 - test : 0,
    requestedProductionTrafficWeight: isFirst ? 100 - production : 0,
  };
}
