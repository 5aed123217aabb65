/** Whoever ends this process when a signal asks for it. Files that are half-written are taken away on the way out in any case. */
let taken = 0;

/** From now on the caller ends the process, in its own time: a deploy that is stopped gives its lock back and writes its record first. Returns how to give that back. */
export function takeSignals(): () => void {
  taken += 1;
  return () => void (taken -= 1);
}

export function areSignalsTaken(): boolean {
  return taken > 0;
}
