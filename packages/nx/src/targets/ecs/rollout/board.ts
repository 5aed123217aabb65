import type { DeployPlan, RolloutEvent } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { PROGRESS_PREFIX } from '../../../system/log';
import { paint } from './board-colors';
import { applyEvent, newBoardState, renderFrame } from './board-frame';

export interface Board {
  update(event: RolloutEvent): void;
  /** A log that prints above the board. What is in progress stands in the board itself. */
  logAbove(log: Log): Log;
  close(): void;
}

const NO_BOARD: Board = { update: () => undefined, logAbove: (log) => log, close: () => undefined };

/** A live board on a terminal outside the Nx TUI. Elsewhere there are only lines. */
export function openBoard(plan: DeployPlan, json: boolean, now: () => number, out: NodeJS.WriteStream = process.stdout): Board {
  const isLive = out.isTTY === true && !json && process.env.NX_TUI !== 'true' && process.env.TERM !== 'dumb' && !process.env.CI;
  if (!isLive) return NO_BOARD;
  const state = newBoardState(now());
  let isStarted = false;
  const screen = openScreen(out);
  const draw = () => screen.draw(['', ...renderFrame(plan, state, now(), screen.columns() - 1)]);
  // Time passes between two events.
  const timer = setInterval(draw, 1000);
  timer.unref();
  out.on('resize', draw);
  const printAbove = (print: () => void) => {
    screen.clear();
    print();
    draw();
  };
  return {
    update(event) {
      // The first event follows a response of AWS, which corrects the clock.
      if (!isStarted) state.startedAt = now();
      isStarted = true;
      applyEvent(state, event);
      draw();
    },
    logAbove: (log) => ({
      ...log,
      done: (...given) => printAbove(() => log.done(...given)),
      note: (text) => printAbove(() => log.note(text)),
      lines: (lines) => printAbove(() => log.lines(lines)),
      progress: (text) => (text.startsWith(PROGRESS_PREFIX) ? undefined : draw()),
    }),
    close() {
      clearInterval(timer);
      out.off('resize', draw);
      screen.forget();
    },
  };
}

/** Draws frames over one another. */
function openScreen(out: NodeJS.WriteStream) {
  let drawn: string[] = [];
  const columns = () => out.columns || 80;
  const clear = () => {
    // A terminal that has become narrower breaks a line into several.
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil([...line].length / columns())), 0);
    if (rows > 0) out.write(`\u001b[${rows}A\u001b[J`);
    drawn = [];
  };
  return {
    columns,
    clear,
    draw(frame: readonly string[]) {
      clear();
      drawn = frame.slice(0, Math.max(1, (out.rows || 24) - 1));
      const [space = '', ...lines] = drawn;
      out.write(`${[space, ...paint(lines)].join('\n')}\n`);
    },
    /** Leaves the last frame on the screen. */
    forget: () => {
      drawn = [];
    },
  };
}
