// All the state of one account in one region, as plain maps. api/ serves calls from it, behavior/ and tasks/ change it over time.
import { makeRegistry } from '../platform/registry.mjs';

/** @import { Quirks, Scenario, World } from './types.d.ts' */

/**
 * How long things take, in seconds. Amazon promises none of these; the sources are published event logs (README.md, "How long things
 * take"), and a scenario may change any of them.
 */
const TIMING = {
  reaction: 2, // the service scheduler notices a change
  provision: 10, // PROVISIONING: the network interface
  pull: 20, // PENDING: images
  activate: 5, // ACTIVATING: target groups, service discovery
  settle: 40, // a task without health checks counts as healthy: DeploymentConfiguration.minimumHealthyPercent documents 40
  agent: 0, // how long a task keeps running until its agent receives the stop
  drain: 30, // DEACTIVATING: a target group lets connections end
  stop: 3, // STOPPING: the containers end after SIGTERM
  deprovision: 10, // DEPROVISIONING
  exitCode: 0, // from a container's end until its exit code and reason are shown
  pullFails: 130, // until CannotPullContainerError
  secretFails: 60, // until ResourceInitializationError
  targetHealthy: 20, // a target group calls a target healthy
  targetUnhealthy: 90, // … and unhealthy
  backoff: [5, 240, 480, 900], // before the next try, after so many tasks that never ran: at most 15 minutes
  breaker: 40, // from the failure that is one too many to FAILED
  steady: 20, // from the last old task's end to COMPLETED
  lingers: 100, // a FAILED deployment is still listed
  supersede: 5, // STOP_REQUESTED to STOPPED
  stage: 10, // of a native strategy, without hooks: a stage, or one shift of traffic
};

/** What differs between accounts, or is not documented. The default is the documented value, else the harsher one. */
/** @type {Quirks} */
const QUIRKS = {
  rollbackId: 'same', // or 'new': the deployment that is rolled back to gets a new id
  failedStatus: 'ACTIVE', // or 'DRAINING': what a FAILED deployment's status is
  digest: 'child', // or 'index', or 'none': what a task reports of an image that is an index
  crashes: 'count', // or 'ignored': whether a task that ran and died before it was healthy counts for the breaker
  repeatEvents: false, // a message is repeated only after six hours, or when its cause was gone in between
};

/** @param {Pick<World, 'clock' | 'ids' | 'reconcile' | 'region' | 'account'> & { scenario?: Scenario }} options * @returns {World}
 */
export function makeWorld({ clock, ids, reconcile, region, account, scenario = {} }) {
  return {
    clock,
    ids,
    reconcile,
    region,
    account,
    started: clock.now(),
    timing: { ...TIMING, ...scenario.timing },
    quirks: { ...QUIRKS, ...scenario.quirks },
    rules: (scenario.rules ?? []).map((rule) => ({ ...rule })),
    images: { ...scenario.images },
    strictImages: scenario.strictImages ?? false,
    registryUrl: scenario.registryUrl,
    /** cluster name → how many tasks fit; no entry: any number. */
    capacity: { ...scenario.capacity },
    instances: { ...scenario.instances },
    staleReads: scenario.staleReads,
    hooks: scenario.hooks ?? [],
    alarms: scenario.alarms ?? [],
    clusters: new Map(),
    families: new Map(),
    services: new Map(),
    tasks: new Map(),
    serviceDeployments: new Map(),
    revisions: new Map(),
    logs: new Map((scenario.logGroups ?? []).map((name) => [name, new Map()])),
    tokens: new Map(),
    secrets: new Map(),
    registry: makeRegistry(scenario.registry),
  };
}
