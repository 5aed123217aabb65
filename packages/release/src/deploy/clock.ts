/** Nothing else in a rollout waits. Times are milliseconds since 1970. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Ctrl-C. */
export interface StopSignal {
  isRequested(): boolean;
  /** Resolves when it is requested. */
  requested: Promise<void>;
}
