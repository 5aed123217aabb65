import * as http from 'node:http';
import * as https from 'node:https';

/** How requests are sent: connections, patience, and what may be asked without TLS. Times are milliseconds. */
export interface Transport {
  agents: { http: http.Agent; https: https.Agent };
  sleep: (milliseconds: number) => Promise<void>;
  /** Told before each wait, so that a person knows why nothing happens. */
  onRetry: (text: string) => void;
  /** Tries of one request in all. */
  attempts: number;
  /** `connect`: until the connection stands, TLS included. `idle`: without a single byte. `total`: one try, to its last byte, and 1 s more for each 10 kB of a stream. */
  timeouts: { connect: number; idle: number; total: number };
  allowsHttp: (host: string) => boolean;
  /** Passwords and tokens in use: whatever a registry echoes, they are not printed. */
  secrets: Set<string>;
}

/** A body that is never in memory as a whole. `open` is called for each try; what it throws is the Problem. */
export interface StreamBody {
  /** Bytes, exactly. */
  size: number;
  open: () => AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array | string | StreamBody;
  /** The expected number of bytes of a successful response, which is then streamed (`stream`). The reader counts them. */
  streamBytes?: number;
  /** Only one try: what comes before this request would have to be done again too. */
  noRetry?: boolean;
  signal?: AbortSignal;
  /** The most bytes that a good answer may have. A failed answer is cut at 64 KiB. */
  maxBytes: number;
  /** Throws a Problem `registry-response` for an invalid response: the request is then sent again, as after a 500. */
  validate?: (answer: HttpResponse) => void;
}

export interface HttpResponse {
  /** The origin that answered: after a redirect, that of its target. */
  origin: string;
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** Only with `streamed`, and then `body` is empty. Must be read or destroyed. */
  stream?: http.IncomingMessage;
}

/** `begun`: an answer had started to come. `stale`: an idle connection was used again, which the other side had given up. */
export type NetworkError = NodeJS.ErrnoException & { begun?: boolean; stale?: boolean };
