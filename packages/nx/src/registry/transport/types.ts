import * as http from 'node:http';
import * as https from 'node:https';

/** How requests are sent: connections, retries, timeouts and hosts without TLS. Times are milliseconds. */
export interface Transport {
  agents: { http: http.Agent; https: https.Agent };
  sleep: (milliseconds: number) => Promise<void>;
  /** Called before each wait, so that the user sees the reason. */
  onRetry: (text: string) => void;
  /** Attempts per request, the first one included. */
  attempts: number;
  /** `connect`: until the connection is established, TLS included. `idle`: without a single byte. `total`: one try, to its last byte, and 1 s more for each 10 kB of a stream. */
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
  /** No retry: the requests before this one would have to be repeated too. */
  noRetry?: boolean;
  signal?: AbortSignal;
  /** The size limit of a successful response. An error response is cut at 64 KiB. */
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

/** `begun`: a response had begun. `stale`: a reused idle connection had been closed by the other side. */
export type NetworkError = NodeJS.ErrnoException & { begun?: boolean; stale?: boolean };
