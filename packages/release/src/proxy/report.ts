import type { ProblemCode } from '../problem/codes';
import { KdcubeError, type Problem } from '../problem/problem';
import { positionOf } from './nginx';

/** Collects the Problems of one text. */
export class ProxyReport {
  readonly problems: Problem[] = [];

  constructor(
    readonly text: string,
    readonly file: string,
  ) {}

  /** `offset`: where in the text. */
  add(code: ProblemCode, offset: number, message: string, hint: string): void {
    this.problems.push({ code, message, hint, at: { file: this.file, ...positionOf(this.text, offset) } });
  }

  /** A form of the platform's configuration that the edit does not know. */
  unfit(offset: number, message: string): void {
    this.add('proxy-unfit', offset, message, 'mount a configuration of your own, and remove proxy: from the environment');
  }

  throwIfAny(): void {
    if (this.problems.length > 0) throw new KdcubeError(this.problems);
  }
}
