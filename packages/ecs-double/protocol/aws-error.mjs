/** An error that the client is told. A server's own fault is 500, everything else 400: .../APIReference/CommonErrors.html */
export function fail(type, message, status = type === 'ServerException' ? 500 : 400) {
  return Object.assign(new Error(message), { aws: { type, message, status } });
}
