import { accountMatches } from './account';
import { bundlePushed, imageGit } from './bundle';
import type { CheckInfo } from './check';
import { clusterActive } from './cluster';
import { deployIdle, deployLock } from './concurrent';
import { hostArchitecture, hostClock, hostCompose, hostDisk, hostFolder, hostPort } from './host';
import { imageExists, imageLayers, imagePlatform, imagePushed, imagePython, imageSigned } from './image';
import { logGroupExists } from './log-group';
import { networkAddresses, networkVpc, securityGroupExists, securityGroupVpc, subnetExists, targetGroupVpc } from './network';
import { planBaseline, planLocation } from './plan';
import { fargateQuota, taskQuota } from './quota';
import { repositoryExists, repositoryLifecycle } from './repository';
import { executionRoleSet, rolePermission, roleTrust } from './role';
import { parameterExists, secretExists, secretHasKey, sessionSecretExists } from './secret';
import { serviceActive, serviceCircuitBreaker, serviceController, serviceExists, serviceScaling } from './service';
import { accessPointAvailable, fileSystemAvailable, mountTargetInZone, nfsAllowed } from './storage';
import { serviceDeployment, serviceStrategy } from './strategy';
import {
  loadBalancerIdleTimeout,
  targetGroupAttached,
  targetGroupContainer,
  targetGroupPort,
  targetGroupType,
} from './target-group';

/** Every check, in the order of docs/checks.md. A new check is registered here. */
export const CHECKS: readonly CheckInfo[] = [
  accountMatches,
  clusterActive,
  planLocation,
  planBaseline,
  deployLock,
  deployIdle,
  serviceExists,
  serviceActive,
  serviceController,
  serviceScaling,
  serviceStrategy,
  serviceCircuitBreaker,
  serviceDeployment,
  targetGroupContainer,
  targetGroupPort,
  targetGroupType,
  targetGroupAttached,
  targetGroupVpc,
  loadBalancerIdleTimeout,
  subnetExists,
  securityGroupExists,
  networkVpc,
  networkAddresses,
  securityGroupVpc,
  fileSystemAvailable,
  accessPointAvailable,
  mountTargetInZone,
  nfsAllowed,
  executionRoleSet,
  roleTrust,
  rolePermission,
  parameterExists,
  secretExists,
  secretHasKey,
  sessionSecretExists,
  logGroupExists,
  fargateQuota,
  taskQuota,
  repositoryExists,
  repositoryLifecycle,
  imagePushed,
  imageSigned,
  imageLayers,
  imageExists,
  imagePlatform,
  imagePython,
  bundlePushed,
  imageGit,
  hostCompose,
  hostArchitecture,
  hostFolder,
  hostDisk,
  hostClock,
  hostPort,
];
