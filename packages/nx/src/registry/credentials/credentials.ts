/** What a registry is told about who asks: a name and a password, a refresh token of the hub's kind, or a token to hand over as it is. */
export type Credentials =
  | { kind: 'password'; username: string; password: string; /** Milliseconds since 1970. Default: never. */ expiresAt?: number }
  | { kind: 'identity'; token: string }
  | { kind: 'bearer'; token: string };
