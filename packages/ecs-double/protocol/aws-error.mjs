/** ECS's own name, and the common one of every other service. */
const SERVER_ERRORS = ['ServerException', 'InternalFailure', 'InternalServiceError'];

/** What Amazon refuses a call with. `type` is Amazon's name for it. A server's own fault is 500, everything else 400: .../APIReference/CommonErrors.html */
export class AwsError extends Error {
  /**
   * @param {string} type
   * @param {string} message
   * @param {number} status
   */
  constructor(type, message, status) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/**
 * To be thrown.
 * @param {string} type
 * @param {string} message
 * @param {number} [status]
 */
export function fail(type, message, status = SERVER_ERRORS.includes(type) ? 500 : 400) {
  return new AwsError(type, message, status);
}
