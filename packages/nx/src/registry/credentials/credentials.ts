/** Credentials for a registry: a user name and password, an identity token (a refresh token, as Docker Hub has it), or a bearer token that is sent as it is. */
export type Credentials =
  | { kind: 'password'; username: string; password: string; /** Milliseconds since 1970. Default: never. */ expiresAt?: number }
  | { kind: 'identity'; token: string }
  | { kind: 'bearer'; token: string };
